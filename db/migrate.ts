import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import type { Sql } from 'postgres';
import { z } from 'zod';
import type { MonotonicClock } from '../src/clock.ts';
import { RingbackError } from '../src/errors.ts';
import { openClient } from './client.ts';
import { within } from './deadline.ts';
import type { DatabaseTimes } from './times.ts';

/** The generated migrations of this version. */
export const migrationsFolder = fileURLToPath(new URL('migrations', import.meta.url));

/** Held while one starter migrates; any fixed number that nobody else uses: "ringback" as eight bytes. */
const LOCK_KEY = Buffer.from('ringback').readBigInt64BE().toString();

export interface MigrateOptions {
  /** The database itself, not a transaction pooler: the lock belongs to the session. */
  readonly url: string;
  readonly clock: MonotonicClock;
  readonly times: DatabaseTimes;
  readonly signal: AbortSignal;
  readonly folder?: string;
  /** A process that was ready once goes on over a newer schema: in a rolling deploy the old replicas are still there. */
  readonly allowNewer?: boolean;
}

/**
 * Brings the schema up to this version, however many starters do so at once: one migrates, the others wait for it.
 *
 * @returns how many migrations this call applied.
 * @throws `database_newer` when the database has a migration that this code does not know; `query_deadline`; the
 *   driver's error.
 */
export async function migrateDatabase(options: MigrateOptions): Promise<number> {
  const { clock, times } = options;
  const folder = options.folder ?? migrationsFolder;
  const known = await readJournal(folder);
  // One connection without a limit per statement: building an index may take minutes, and our own limit is on the whole.
  const client = openClient({
    url: options.url,
    clock,
    times: { ...times, statementMs: 0, transactionMs: 0 },
    serverLimits: true,
    prepare: false,
  });
  const statement = <T>(work: PromiseLike<T>): Promise<T> =>
    within(clock, times.queryMs, work, () => new RingbackError('query_deadline', [times.queryMs]));
  try {
    await takeLock(client.sql, statement, options);
    const before = await statement(readApplied(client.sql));
    const newest = known.at(-1) ?? 0;
    if (before > newest) {
      if (options.allowNewer === true) return 0;
      throw new RingbackError('database_newer');
    }
    const pending = known.filter((at) => at > before).length;
    if (pending === 0) return 0;
    await within(
      clock,
      times.migrateMs,
      migrate(drizzle(client.sql), { migrationsFolder: folder }),
      () => new RingbackError('query_deadline', [times.migrateMs]),
    );
    return pending;
  } finally {
    // Ends the session, and with it the lock.
    await client.close(times.queryMs);
  }
}

/** Asks again and again instead of waiting in the server: so a frozen server is noticed at the next question. */
async function takeLock(
  sql: Sql,
  statement: <T>(work: PromiseLike<T>) => Promise<T>,
  { clock, times, signal }: MigrateOptions,
): Promise<void> {
  const untilMs = clock.nowMs() + times.migrateMs;
  for (;;) {
    signal.throwIfAborted();
    const [row] = await statement(sql<{ taken: boolean }[]>`select pg_try_advisory_lock(${LOCK_KEY}::bigint) as taken`);
    if (row?.taken === true) return;
    if (clock.nowMs() >= untilMs) throw new RingbackError('query_deadline', [times.migrateMs]);
    await clock.sleep(times.retryFromMs, signal);
  }
}

/** When the newest applied migration was generated, in epoch milliseconds; 0 for an empty database. */
async function readApplied(sql: Sql): Promise<number> {
  const [table] = await sql<
    { found: string | null }[]
  >`select to_regclass('drizzle.__drizzle_migrations')::text as found`;
  if (table?.found === null || table === undefined) return 0;
  const [row] = await sql<
    { at: string | null }[]
  >`select max(created_at)::text as at from drizzle.__drizzle_migrations`;
  return Number(row?.at ?? 0);
}

const journal = z.object({ entries: z.array(z.object({ when: z.number() })) });

/** When each known migration was generated, in order. */
async function readJournal(folder: string): Promise<number[]> {
  const text = await readFile(join(folder, 'meta', '_journal.json'), 'utf8');
  return journal
    .parse(JSON.parse(text))
    .entries.map((entry) => entry.when)
    .toSorted((a, b) => a - b);
}
