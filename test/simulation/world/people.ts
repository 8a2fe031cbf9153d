import { uuidv7 } from '../../../db/uuid.ts';
import { bookCallback } from '../../../src/callbacks/book.ts';
import { cancelCallback } from '../../../src/callbacks/cancel.ts';
import { addDoNotCall } from '../../../src/callbacks/do-not-call.ts';
import { wishHangup } from '../../../src/callbacks/hang-up.ts';
import { dialNow, moveCallback } from '../../../src/callbacks/move.ts';
import { settleReturn } from '../../../src/callbacks/on-return.ts';
import type { AgentSettings } from '../../../src/domain/agent.ts';
import { isRingbackError } from '../../../src/errors.ts';
import type { Random } from '../kernel/random.ts';
import type { Replica } from './replica.ts';
import type { CallRow } from '../database/tables.ts';
import type { World } from './world.ts';

/** What people do: callers, operators, and clients of the API that ask again when they got no answer. */
export class People {
  readonly #world: World;
  readonly #random: Random;
  readonly #agents: readonly AgentSettings[];
  readonly #persons: readonly string[];
  readonly #booked: string[] = [];
  readonly #byKey = new Map<string, string>();
  #keys = 0;

  constructor(world: World, random: Random, agents: readonly AgentSettings[], persons: readonly string[]) {
    this.#world = world;
    this.#random = random;
    this.#agents = agents;
    this.#persons = persons;
  }

  /** One thing that somebody does now, at any replica. */
  act(): void {
    const random = this.#random;
    const roll = random.next();
    if (roll < 0.5 || this.#booked.length === 0) return this.#book();
    const id = random.chance(0.7) ? this.#booked.at(-random.whole(1, 4)) : random.pick(this.#booked);
    if (id === undefined) return this.#book();
    if (roll < 0.62) return this.#cancel(id);
    if (roll < 0.72) return this.#at('moves', id, (replica) => this.#move(replica, id));
    if (roll < 0.82)
      return this.#at('dials now', id, (replica) =>
        dialNow(replica.deps, id, { override: random.chance(0.5) }, 'operator'),
      );
    if (roll < 0.9) return this.#at('hangs up', id, (replica) => this.#hangUp(replica, id));
    if (roll < 0.96) return this.#at('rings', '', (replica) => this.#ring(replica));
    if (roll < 0.98)
      return this.#at('lists', '', (replica) =>
        addDoNotCall(replica.deps, { number: random.pick(this.#persons), reason: 'asked' }, 'operator'),
      );
    this.#booked.length = Math.min(this.#booked.length, 20);
  }

  #book(): void {
    const random = this.#random;
    const agent = random.pick(this.#agents);
    const to = random.pick(this.#persons);
    const inMs = random.pick([0, random.between(0, 3_000), random.between(0, 30_000), random.between(0, 90_000)]);
    // Some at one instant.
    const gridMs = random.chance(0.3) ? 15_000 : 1;
    const key = random.chance(0.5) ? `key${(this.#keys += 1)}` : null;
    const by = random.pick(['caller', 'api', 'operator'] as const);
    const order = (replica: Replica): Promise<unknown> =>
      bookCallback(replica.deps, {
        agent,
        to,
        toName: null,
        reason: 'the invoice',
        when: (now) => ({
          at: Temporal.Instant.fromEpochMilliseconds(
            Math.max(now.epochMilliseconds, Math.ceil((now.epochMilliseconds + inMs) / gridMs) * gridMs),
          ),
          zone: 'America/New_York',
          zoneNamed: inMs < 2_000,
        }),
        originCallId: null,
        dialled: null,
        by,
        confirmed: inMs < 20_000,
        override: false,
        key,
        body: key,
      }).then(({ callback }) => {
        this.#booked.push(callback.id);
        if (key === null) return;
        const earlier = this.#byKey.get(key);
        if (earlier !== undefined && earlier !== callback.id)
          this.#world.watch.broken(`one key booked ${earlier} and ${callback.id}`);
        this.#byKey.set(key, callback.id);
      });
    this.#at('books', to, order);
    // Whoever got no answer asks again, and somebody's client always does.
    if (key !== null && random.chance(0.4))
      this.#world.later(random.between(0, 8_000), () => this.#at('books again', to, order));
  }

  #cancel(id: string): void {
    this.#at('cancels', id, async (replica) => {
      await cancelCallback(replica.deps, id, 'operator');
      const row = this.#world.tables.callback.rows.get(id);
      if (row?.status !== 'cancelled')
        this.#world.watch.broken(`the cancel of ${id} was accepted, and it is ${row?.status}`);
    });
  }

  #move(replica: Replica, id: string): Promise<unknown> {
    const dueMs = this.#world.server.clockMs() + this.#random.between(-10_000, 60_000);
    const dueAt = Temporal.Instant.fromEpochMilliseconds(Math.floor(dueMs));
    return moveCallback(replica.deps, id, { dueAt, override: this.#random.chance(0.5) }, 'operator');
  }

  /** As src/switchboard/hang-up.ts: the wish first, then the carrier. */
  async #hangUp(replica: Replica, id: string): Promise<void> {
    const [current] = await replica.deps.store.currentAttempts([id]);
    if (current === undefined) return;
    const attempt = await wishHangup(replica.deps, current.id);
    if (attempt.carrierCallId === null) return;
    await replica.carrier.hangup(attempt.carrierCallId, { signal: new AbortController().signal });
  }

  /** Somebody rings us, speaks, and hangs up. */
  async #ring(replica: Replica): Promise<void> {
    const { tables, clientOf, server } = this.#world;
    const client = clientOf(replica);
    const agent = this.#random.pick(this.#agents);
    const from = this.#random.pick(this.#persons);
    const talkMs = this.#random.between(2_000, 20_000);
    const now = (): Temporal.Instant => Temporal.Instant.fromEpochMilliseconds(Math.floor(server.clockMs()));
    const row = inboundCall(agent.id, from, replica.id, now());
    await client.run((tx) => tables.call.insert(tx, row));
    await replica.machine.clock.sleep(talkMs, new AbortController().signal);
    await client.run((tx) =>
      tables.call.update(tx, { ...row, status: 'completed', callerSpoke: true, endedAt: now() }),
    );
    await settleReturn(replica.deps, row.id);
  }

  #at(what: string, whom: string, work: (replica: Replica) => Promise<unknown>): void {
    const replica = this.#world.pickReplica();
    if (replica === undefined) return;
    const say = (how: string): void => this.#world.say('somebody', `${what} ${whom} at ${replica.name}${how}`);
    say('');
    replica.machine.deliver(this.#random.delay(5), () => {
      work(replica).then(
        () => say(': done'),
        (error: unknown) => {
          say(`: ${isRingbackError(error) ? error.code : String(error)}`);
          if (!isExpected(error)) this.#world.fail(error);
        },
      );
    });
  }
}

/** Refusals with a name, and the failures of a database that may fail. */
function isExpected(error: unknown): boolean {
  return isRingbackError(error) || (error instanceof Error && 'code' in error);
}

function inboundCall(agentId: string, from: string, replicaId: string, at: Temporal.Instant): CallRow {
  const id = uuidv7();
  return {
    id,
    direction: 'inbound',
    status: 'in_progress',
    carrier: 'phone',
    carrierCallId: `IN${id}`,
    agentId,
    conversationId: uuidv7(),
    callbackId: null,
    attemptId: null,
    from,
    to: '+13104560000',
    attestation: 'full',
    timeZone: null,
    startedAt: at,
    answeredAt: at,
    endedAt: null,
    endReason: null,
    resumes: 0,
    replicaId,
    recording: 'none',
    recordingFile: null,
    recordingReplicaId: null,
    summary: null,
    callerSpoke: false,
  };
}
