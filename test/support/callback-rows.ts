import { randomInt } from 'node:crypto';
import { expect } from 'vitest';
import type { CallbackStore } from '../../db/callback-store.ts';
import { openDatabase, type Database } from '../../db/database.ts';
import { openCallbackStore } from '../../db/postgres-callback-store.ts';
import { agent as agentTable, call, conversation, phoneNumber, replica } from '../../db/schema.ts';
import { uuidv7 } from '../../db/uuid.ts';
import { bookCallback, type Booked, type BookingOrder } from '../../src/callbacks/book.ts';
import type { ClaimResult } from '../../src/callbacks/claim.ts';
import { defaultCallbackTimes, type CallbackDeps } from '../../src/callbacks/deps.ts';
import { systemClock } from '../../src/clock.ts';
import type { AgentSettings, CallbackPolicy } from '../../src/domain/agent.ts';
import { isBrowserNumber } from '../../src/domain/numbers.ts';
import { agentSettings } from './agents.ts';
import { claimForDial, type OneClaim } from './claim-one.ts';
import { createTestDatabase } from './database.ts';
import { quietLog } from './quiet-log.ts';
import { until } from './until.ts';

/** A database with one living replica, and hands to put rows into it. Whoever opens it closes it. */
export interface CallbackWorld extends AsyncDisposable {
  readonly database: Database;
  readonly store: CallbackStore;
  readonly deps: CallbackDeps;
  /** The replica that claims; its epoch is 1. */
  readonly replicaId: string;
  /** An agent with a number of its own that may dial out; calling hours only where `policy` gives them. */
  agent(options?: {
    policy?: Partial<CallbackPolicy>;
    outbound?: boolean;
    carrier?: string;
    over?: Partial<AgentSettings>;
  }): Promise<AgentSettings & { readonly ownNumber: string }>;
  /** A telephone number in New York that nobody has had yet. */
  person(): string;
  replica(lease?: { seconds: number }): Promise<string>;
  /** An inbound call of that person, ended so many seconds ago; null while it lives. */
  inboundCall(agentId: string, person: string, endedSecondsAgo: number | null): Promise<string>;
  /** Books for now, through the API, without a key. */
  book(agent: AgentSettings, to: string, over?: Partial<BookingOrder>): Promise<Booked>;
  claim(callbackId: string, over?: Partial<OneClaim>): Promise<ClaimResult>;
  /** Claims and insists on a dial. */
  dial(callbackId: string): Promise<Extract<ClaimResult, { do: 'dial' }>>;
  events(subjectId: string): Promise<string[]>;
  actions(subjectId: string): Promise<string[]>;
  /** What must hold in every row of every table, whatever was done. */
  checkInvariants(): Promise<void>;
}

export async function openCallbackWorld(): Promise<CallbackWorld> {
  await using opened = new AsyncDisposableStack();
  const own = opened.use(await createTestDatabase());
  const database = opened.use(
    openDatabase({ url: own.url, clock: systemClock, log: quietLog(), migrationsFolder: null }),
  );
  await until('the database', database.ready());
  const lost: unknown[] = [];
  const store = openCallbackStore({ database, announceWithinMs: 0, onLostHint: (error) => void lost.push(error) });
  const deps: CallbackDeps = {
    store,
    random: () => 0.5,
    carrierOf: (name) => ({
      reaches: (number) => isBrowserNumber(number) === (name === 'browser'),
      ringsTelephone: name !== 'browser',
      machineDetection: name !== 'browser',
    }),
    allowlist: null,
    times: defaultCallbackTimes,
  };
  const world = new World(database, store, deps, await insertReplica(database, { seconds: 3_600 }));
  const owned = opened.move();
  return Object.assign(world, { [Symbol.asyncDispose]: () => owned.disposeAsync() });
}

class World implements Omit<CallbackWorld, typeof Symbol.asyncDispose> {
  readonly database: Database;
  readonly store: CallbackStore;
  readonly deps: CallbackDeps;
  readonly replicaId: string;
  #numbers = randomInt(1_000);

  constructor(database: Database, store: CallbackStore, deps: CallbackDeps, replicaId: string) {
    this.database = database;
    this.store = store;
    this.deps = deps;
    this.replicaId = replicaId;
  }

  async agent(options: Parameters<CallbackWorld['agent']>[0] = {}) {
    const settings = agentSettings({
      id: uuidv7(),
      policy: { callingHours: null, detectMachines: false, ...options.policy },
      ...options.over,
    });
    await this.database.orm.insert(agentTable).values(settings);
    const ownNumber = `+1310${this.#next()}`;
    await this.database.orm.insert(phoneNumber).values({
      id: uuidv7(),
      number: ownNumber,
      carrier: options.carrier ?? 'phone',
      agentId: settings.id,
      outboundEnabled: options.outbound ?? true,
    });
    return { ...settings, ownNumber };
  }

  person(): string {
    return `+1212${this.#next()}`;
  }

  replica(lease = { seconds: 3_600 }): Promise<string> {
    return insertReplica(this.database, lease);
  }

  async inboundCall(agentId: string, person: string, endedSecondsAgo: number | null): Promise<string> {
    const conversationId = uuidv7();
    const id = uuidv7();
    const [clock] = await this.database.sql<{ ms: number }[]>`select extract(epoch from now())::float8 * 1000 as ms`;
    const now = Temporal.Instant.fromEpochMilliseconds(Math.floor(clock?.ms ?? 0));
    await this.database.orm.insert(conversation).values({ id: conversationId, agentId, person });
    await this.database.orm.insert(call).values({
      id,
      direction: 'inbound',
      status: endedSecondsAgo === null ? 'in_progress' : 'completed',
      carrier: 'phone',
      carrierCallId: `CA${id}`,
      agentId,
      conversationId,
      from: person,
      to: '+13105550000',
      startedAt: now.subtract({ seconds: (endedSecondsAgo ?? 0) + 60 }),
      answeredAt: now.subtract({ seconds: (endedSecondsAgo ?? 0) + 60 }),
      endedAt: endedSecondsAgo === null ? null : now.subtract({ seconds: endedSecondsAgo }),
    });
    return id;
  }

  book(agent: AgentSettings, to: string, over: Partial<BookingOrder> = {}): Promise<Booked> {
    return bookCallback(this.deps, {
      agent,
      to,
      toName: null,
      reason: 'the invoice',
      when: (now) => ({ at: now, zone: 'America/New_York', zoneNamed: true }),
      originCallId: null,
      dialled: null,
      by: 'api',
      confirmed: false,
      override: false,
      key: null,
      body: null,
      ...over,
    });
  }

  claim(callbackId: string, over: Partial<OneClaim> = {}): Promise<ClaimResult> {
    return claimForDial(this.deps, {
      callbackId,
      ownerId: this.replicaId,
      ownerEpoch: 1,
      leadMs: 20,
      capacityFree: true,
      vendorsDown: () => [],
      ...over,
    });
  }

  async dial(callbackId: string): Promise<Extract<ClaimResult, { do: 'dial' }>> {
    const claimed = await this.claim(callbackId);
    if (claimed.do !== 'dial') throw new Error(`it was to be dialled, and was not: ${claimed.why}`);
    return claimed;
  }

  async events(subjectId: string): Promise<string[]> {
    const rows = await this.database.sql<{ type: string }[]>`
      select type from event where subject_id = ${subjectId}::uuid order by id`;
    return rows.map((row) => row.type);
  }

  async actions(subjectId: string): Promise<string[]> {
    const rows = await this.database.sql<{ action: string }[]>`
      select action from audit where subject_id = ${subjectId} order by id`;
    return rows.map((row) => row.action);
  }

  async checkInvariants(): Promise<void> {
    const { sql } = this.database;
    const wrong = await sql<{ what: string; id: string }[]>`
      with due as (
        select next_attempt_at as fire_at, id, 'dial' as kind from callback where next_attempt_at is not null
        union all
        select check_at, id, 'check' from attempt where check_at is not null
      ), timers as (select fire_at, id, kind from timer)
      (select 'has no timer' as what, id from (select * from due except select * from timers) as missing)
      union all
      (select 'is a timer of nothing', id from (select * from timers except select * from due) as stray)
      union all
      select 'dials with an attempt that is over', c.id from callback c join attempt a on a.id = c.current_attempt_id
      where a.status = 'ended'
      union all
      select 'has an attempt in flight that it does not know', a.id from attempt a join callback c on c.id = a.callback_id
      where a.status <> 'ended' and c.current_attempt_id is distinct from a.id
      union all
      select 'is final and has a next attempt', id from callback
      where status in ('completed', 'failed', 'cancelled') and next_attempt_at is not null
      union all
      select 'has ended and is looked at', id from attempt where status = 'ended' and (check_at is not null or ended_at is null)
      union all
      select 'was cancelled by nobody', id from callback where (status = 'cancelled') <> (cancelled_by is not null)
      union all
      select 'failed without a reason', id from callback where status = 'failed' and (failure_code is null or failure_reason is null)
      union all
      select 'counts other attempts than it has', c.id from callback c
      where c.attempts_made > (select count(*) from attempt a where a.callback_id = c.id and a.counted)`;
    expect([...wrong]).toEqual([]);
  }

  #next(): string {
    this.#numbers += 1;
    return `456${String(1_000 + this.#numbers).padStart(4, '0')}`;
  }
}

async function insertReplica(database: Database, lease: { seconds: number }): Promise<string> {
  const id = uuidv7();
  const [clock] = await database.sql<{ ms: number }[]>`select extract(epoch from now())::float8 * 1000 as ms`;
  const now = Temporal.Instant.fromEpochMilliseconds(Math.floor(clock?.ms ?? 0));
  await database.orm
    .insert(replica)
    .values({ id, epoch: 1, leaseUntil: now.add(lease), version: 'test', startedAt: now });
  return id;
}
