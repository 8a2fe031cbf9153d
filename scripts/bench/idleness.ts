import { setTimeout as sleep } from 'node:timers/promises';
import { startBenchChild } from './child.ts';
import { watchCpu } from './cpu.ts';
import type { BenchDatabase } from './database.ts';
import { round } from './figures.ts';

const WINDOW_MS = 20_000;
/** The statistics of a backend reach the others about a second after its transaction. */
const SETTLE_MS = 6_000;

/** What a replica does that has nothing to dial: transactions at the database, CPU, memory. */
export async function measureIdle(database: BenchDatabase) {
  const settings = { url: database.url, carrierUrl: 'http://127.0.0.1:9' };
  await using replica = await startBenchChild('replica.ts', settings, 'measured');
  await sleep(SETTLE_MS);
  const commits = async (): Promise<number> => {
    const [row] = await database.sql<{ count: number }[]>`
      select (xact_commit + xact_rollback)::int as count from pg_stat_database where datname = current_database()`;
    return row?.count ?? 0;
  };
  const watch = watchCpu();
  const before = await commits();
  await sleep(WINDOW_MS);
  // The first look of ours is one of them.
  const made = (await commits()) - before - 1;
  return {
    'transactions/s': round(made / (WINDOW_MS / 1_000)),
    'CPU %': round(watch.secondsOf(replica.pid) / (WINDOW_MS / 100_000)),
    'memory MB': round(await replica.ask<number>('memoryMb'), 0),
  };
}
