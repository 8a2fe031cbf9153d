import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from './bench.ts';
import { defineBench } from './bench.ts';
import { startBenchChild } from './child.ts';
import { watchCpu } from './cpu.ts';
import { openBenchServer, type BenchServer } from './database.ts';
import { round } from './figures.ts';
import { compare } from './measure.ts';

const WEEK_MS = 7 * 86_400_000;
const WINDOW_MS = 15_000;
/** The statistics of a backend reach the others about a second after its transaction. */
const SETTLE_MS = 6_000;

export default defineBench({
  title: 'An idle replica with many callbacks in a week: transactions at the database per second, CPU, memory',
  async run(options) {
    await using server = await openBenchServer();
    const many = 100_000 * options.size;
    return await compare(
      [
        { name: 'none due', run: () => idle(server, 0) },
        { name: `${many} due in a week`, run: () => idle(server, many) },
      ],
      options,
    );
  },
});

async function idle(server: BenchServer, count: number): Promise<Row> {
  await using database = await server.fresh();
  const fromMs = (await database.nowMs()) + WEEK_MS;
  await database.insertCallbacks(Array.from({ length: count }, (_, n) => fromMs + n * 10));
  await using replica = await startBenchChild(
    'replica.ts',
    { url: database.url, carrierUrl: 'http://127.0.0.1:9' },
    'measured',
  );
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
    callbacks: count,
    'transactions/s': round(made / (WINDOW_MS / 1_000)),
    'CPU %': round(watch.secondsOf(replica.pid) / (WINDOW_MS / 100_000)),
    'memory MB': round(await replica.ask<number>('memoryMb'), 0),
  };
}
