import { randomUUID } from 'node:crypto';
import postgres, { type Sql } from 'postgres';
import { startEmbeddedPostgres } from '../../db/embedded-postgres.ts';
import { migrateDatabase } from '../../db/migrate.ts';
import { agent, phoneNumber } from '../../db/schema.ts';
import { defaultDatabaseTimes } from '../../db/times.ts';
import { uuidv7 } from '../../db/uuid.ts';
import { systemClock } from '../../src/clock.ts';
import type { AgentSettings } from '../../src/domain/agent.ts';
import { openFolder } from '../../test/support/folder.ts';
import { openTestDatabase } from '../../test/integration/scheduler/parts.ts';
import { agentSettings } from '../../test/support/agents.ts';

/** A Postgres of our own that waits for its disk as in production. Whoever opens it disposes it. */
export interface BenchServer extends AsyncDisposable {
  /** A migrated database with an agent and a number that may dial. */
  fresh(): Promise<BenchDatabase>;
}

export interface BenchDatabase extends AsyncDisposable {
  readonly url: string;
  readonly sql: Sql;
  /** The database's clock. */
  nowMs(): Promise<number>;
  /**
   * Callbacks with their timers, due at these times, each to a person of its own: visitors of the softphone unless
   * `toOf` names them. Says who is due when.
   */
  insertCallbacks(dueMs: readonly number[], toOf?: (index: number) => string): Promise<Map<string, number>>;
}

export async function openBenchServer(): Promise<BenchServer> {
  await using opened = new AsyncDisposableStack();
  const { path: dataDir } = opened.use(await openFolder());
  const server = opened.use(
    await startEmbeddedPostgres({
      dataDir,
      log: () => undefined,
      settings: { max_connections: '100', track_commit_timestamp: 'on' },
    }),
  );
  const owned = opened.move();
  return {
    fresh: () => openFresh(server.url),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function openFresh(serverUrl: string): Promise<BenchDatabase> {
  const name = `bench_${randomUUID().replaceAll('-', '')}`;
  const admin = postgres(serverUrl, { max: 1, onnotice: () => undefined });
  await admin`create database ${admin(name)}`;
  const changed = new URL(serverUrl);
  changed.pathname = `/${name}`;
  const url = changed.href;
  await migrateDatabase({ url, clock: systemClock, times: defaultDatabaseTimes, signal: AbortSignal.timeout(60_000) });
  const sql = postgres(url, { max: 10, onnotice: () => undefined });
  await insertAgent(url);
  return {
    url,
    sql,
    async nowMs() {
      const [row] = await sql<{ ms: number }[]>`select extract(epoch from clock_timestamp())::float8 * 1000 as ms`;
      return row?.ms ?? Number.NaN;
    },
    insertCallbacks: (dueMs, toOf = aVisitor) => insertCallbacks(sql, dueMs, toOf),
    async [Symbol.asyncDispose]() {
      await sql.end();
      await admin`drop database ${admin(name)} with (force)`;
      await admin.end();
    },
  };
}

/** The agent whose promises these are; it may dial through the carrier of the bench at any hour. */
export const benchAgent: AgentSettings = agentSettings({
  isDefault: true,
  recording: 'off',
  disclosure: { enabled: false, businessName: '' },
  policy: { callingHours: null, detectMachines: false },
});

async function insertAgent(url: string): Promise<void> {
  await using database = openTestDatabase(url);
  await database.ready();
  await database.orm.insert(agent).values(benchAgent);
  await database.orm.insert(phoneNumber).values({
    id: uuidv7(),
    number: '+4930123456',
    carrier: 'fake',
    agentId: benchAgent.id,
    outboundEnabled: true,
  });
}

function aVisitor(): string {
  return `browser:${randomUUID().replaceAll('-', '').slice(0, 16)}`;
}

async function insertCallbacks(
  sql: Sql,
  dueMs: readonly number[],
  toOf: (index: number) => string,
): Promise<Map<string, number>> {
  const due = new Map<string, number>();
  for (let from = 0; from < dueMs.length; from += 5_000) {
    const rows = dueMs.slice(from, from + 5_000).map((at, index) => {
      const to = toOf(from + index);
      // Kept in whole milliseconds, and never rounded to an earlier one.
      due.set(to, Math.ceil(at));
      return { to, at: Math.ceil(at) };
    });
    await sql`
      with wish as (
        select gen_random_uuid() as id, gen_random_uuid() as talk, w.to_number, to_timestamp(w.at / 1000.0) as at
        from jsonb_to_recordset(${JSON.stringify(rows.map(({ to, at }) => ({ to_number: to, at })))}::text::jsonb)
          as w (to_number text, at float8)
      ), talks as (
        insert into conversation (id, agent_id, person) select talk, a.id, to_number from wish, agent a where a.is_default
      ), promises as (
        insert into callback (id, status, agent_id, conversation_id, to_number, from_number, due_at, expires_at, time_zone,
          time_zone_named, reason, max_attempts, next_attempt_at)
        select wish.id, 'scheduled', a.id, talk, to_number, n.number, at, at + interval '1 day', 'Europe/Berlin', true,
          'the bench', 3, at from wish, agent a, phone_number n where a.is_default and n.carrier <> 'browser'
      )
      insert into timer (fire_at, id, kind) select at, id, 'dial' from wish`;
  }
  await sql`analyze`;
  return due;
}
