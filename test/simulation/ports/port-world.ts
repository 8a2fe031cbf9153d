import { setImmediate as nextTurn } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import type { CallbackStore } from '../../../db/callback-store.ts';
import { openDatabase, type Database } from '../../../db/database.ts';
import { beginOpening } from '../../../db/openings.ts';
import { openCallbackStore } from '../../../db/postgres-callback-store.ts';
import { openReplicaStore, type ReplicaStore } from '../../../db/replica-store.ts';
import * as schema from '../../../db/schema.ts';
import { uuidv7 } from '../../../db/uuid.ts';
import { systemClock } from '../../../src/clock.ts';
import type { AgentSettings } from '../../../src/domain/agent.ts';
import type { Call } from '../../../src/domain/call.ts';
import { agentSettings } from '../../support/agents.ts';
import { createTestDatabase } from '../../support/database.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { until } from '../../support/until.ts';
import { Channels } from '../database/channel.ts';
import { Client } from '../database/client.ts';
import { beginSimOpening } from '../database/openings.ts';
import { Server } from '../database/server.ts';
import { openSimCallbackStore, openSimReplicaStore } from '../database/stores.ts';
import { openTables } from '../database/tables.ts';
import { Machine } from '../kernel/machine.ts';
import { Random } from '../kernel/random.ts';
import { Universe } from '../kernel/universe.ts';

/** The ports of the scheduler, and hands to put those rows into the tables that come from elsewhere. */
export interface PortWorld extends AsyncDisposable {
  readonly store: CallbackStore;
  readonly replicas: ReplicaStore;
  readonly channels: Pick<Database, 'listen' | 'notify'>;
  beginOpening(attemptId: string): Promise<boolean>;
  insertAgent(over?: Partial<AgentSettings>): Promise<AgentSettings>;
  insertNumber(row: {
    number: string;
    agentId: string | null;
    outboundEnabled?: boolean;
    builtIn?: boolean;
  }): Promise<void>;
  insertConversation(agentId: string): Promise<string>;
  insertCall(call: Call, callerSpoke: boolean): Promise<void>;
  hold(reason: string): Promise<void>;
  release(): Promise<void>;
  endLease(replicaId: string): Promise<void>;
}

export interface PortKind {
  readonly name: string;
  readonly open: () => Promise<PortWorld>;
}

/** Both of them: whatever is expected of the one is expected of the other. */
export const portKinds: readonly PortKind[] = [
  { name: 'the simulated database', open: openSimulated },
  { name: 'Postgres', open: openPostgres },
];

async function openSimulated(): Promise<PortWorld> {
  const universe = new Universe();
  const random = new Random(1);
  const originMs = Temporal.Now.instant().epochMilliseconds;
  const server = new Server({ universe, random, originMs, drift: 0 });
  const tables = openTables(server);
  const machine = new Machine({ universe, random, originMs, drift: 0, wallOffsetMs: 0, laggardMs: 0 });
  const line = { latencyMs: 0.5, cutChance: 0 };
  const client = new Client({ name: 'test', universe, random, machine, server, line });
  const channels = new Channels(universe, random, server).of(machine, client);
  const closed = new AbortController();
  const isOpen = (): boolean => !closed.signal.aborted;
  // Its time goes by with ours, so that a test may keep a transaction waiting.
  const begunMs = performance.now();
  const pump = async (): Promise<void> => {
    while (isOpen()) {
      await universe.run(() => isOpen() && universe.nextAtMs <= performance.now() - begunMs);
      await nextTurn();
    }
  };
  const pumping = pump();
  return {
    store: openSimCallbackStore({ client, tables, server, notify: channels.notify }),
    replicas: openSimReplicaStore({ client, tables, server }),
    channels,
    beginOpening: (attemptId) => beginSimOpening(client, tables, attemptId),
    async insertAgent(over = {}) {
      const row = agentSettings({ id: uuidv7(), ...over });
      tables.agent.rows.set(row.id, row);
      return row;
    },
    async insertNumber({ number, agentId, outboundEnabled = true, builtIn = false }) {
      tables.number.rows.set(number, { number, agentId, carrier: 'phone', outboundEnabled, builtIn });
    },
    insertConversation: async () => uuidv7(),
    async insertCall(row, callerSpoke) {
      tables.call.rows.set(row.id, { ...row, callerSpoke });
    },
    async hold(reason) {
      tables.hold.rows.set('outbound_hold', { reason });
    },
    async release() {
      tables.hold.rows.clear();
    },
    async endLease(id) {
      const row = tables.replica.rows.get(id);
      if (row !== undefined) tables.replica.rows.set(id, { ...row, leaseUntilMs: server.clockMs() - 1_000 });
    },
    async [Symbol.asyncDispose]() {
      closed.abort();
      await pumping;
    },
  };
}

async function openPostgres(): Promise<PortWorld> {
  await using opened = new AsyncDisposableStack();
  const { url } = opened.use(await createTestDatabase());
  const database = opened.use(openDatabase({ url, clock: systemClock, log: quietLog(), migrationsFolder: null }));
  await until('the database', database.ready());
  const { orm, sql } = database;
  const owned = opened.move();
  return {
    store: openCallbackStore({ database, announceWithinMs: 60_000, onLostHint: () => undefined }),
    replicas: openReplicaStore(database),
    channels: database,
    beginOpening: (attemptId) => beginOpening(database, attemptId),
    async insertAgent(over = {}) {
      const row = agentSettings({ id: uuidv7(), ...over });
      await orm.insert(schema.agent).values(row);
      return row;
    },
    async insertNumber(row) {
      await orm.insert(schema.phoneNumber).values({ id: uuidv7(), carrier: 'phone', outboundEnabled: true, ...row });
    },
    async insertConversation(agentId) {
      const id = uuidv7();
      await orm.insert(schema.conversation).values({ id, agentId, person: null });
      return id;
    },
    async insertCall(row, callerSpoke) {
      await orm.insert(schema.call).values(row);
      if (!callerSpoke) return;
      const { id, startedAt } = row;
      await orm.insert(schema.turn).values({ callId: id, index: 0, role: 'caller', text: 'Hello', startedAt });
    },
    async hold(reason) {
      await orm.insert(schema.setting).values({ key: 'outbound_hold', value: reason });
    },
    async release() {
      await orm.delete(schema.setting).where(eq(schema.setting.key, 'outbound_hold'));
    },
    async endLease(id) {
      await sql`update replica set lease_until = clock_timestamp() - interval '1 s' where id = ${id}::uuid`;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
