import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from './bench.ts';
import { startBenchChild } from './child.ts';
import { watchCpu } from './cpu.ts';
import type { BenchDatabase, BenchServer } from './database.ts';
import { quantile, round } from './figures.ts';
import type { Side } from './measure.ts';

/** Sets promises and says who is due when. `rest` waits for what is set while the replica runs. */
export type Plan = (database: BenchDatabase) => Promise<{
  readonly due: ReadonlyMap<string, number>;
  rest?(): Promise<ReadonlyMap<string, number>>;
}>;

const GIVE_UP_MS = 60_000;

/** The product and its floor, dialling what `plan` sets. */
export function diallingSides(server: BenchServer, plan: Plan): Side[] {
  return [
    { name: 'floor', run: () => runDialling(server, 'floor.ts', plan) },
    { name: 'ringback', run: () => runDialling(server, 'replica.ts', plan) },
  ];
}

async function runDialling(server: BenchServer, file: string, plan: Plan): Promise<Row> {
  await using database = await server.fresh();
  await using carrier = await startBenchChild('carrier.ts', {}, 'others');
  const carrierUrl = await carrier.ask<string>('url');
  const planned = await plan(database);
  await using replica = await startBenchChild(file, { url: database.url, carrierUrl }, 'measured');
  const watch = watchCpu();
  const later = await planned.rest?.();
  const due = new Map([...planned.due, ...(later ?? [])]);
  for (let waitedMs = 0; (await carrier.ask<number>('count')) < due.size; waitedMs += 50) {
    if (waitedMs > GIVE_UP_MS) break;
    await sleep(50);
  }
  const arrivals = await carrier.ask<[string, number][]>('take');
  const lateMs = arrivals.map(([to, atMs]) => atMs - (due.get(to) ?? Number.NaN));
  const first = Math.min(...due.values());
  const [last] = await database.sql<{ ms: number | null }[]>`
    select extract(epoch from max(started_at))::float8 * 1000 as ms from attempt`;
  const [other] = await database.sql<{ count: number }[]>`select count(*)::int as count from attempt`;
  return {
    due: due.size,
    requests: arrivals.length,
    twice: arrivals.length - new Set(arrivals.map(([to]) => to)).size,
    attempts: other?.count ?? 0,
    early: lateMs.filter((ms) => ms < 0).length,
    'late p50 ms': round(quantile(lateMs, 0.5)),
    'late p99 ms': round(quantile(lateMs, 0.99)),
    'late max ms': round(Math.max(...lateMs)),
    'last intent ms': round((last?.ms ?? Number.NaN) - first, 0),
    'CPU s': round(watch.secondsOf(replica.pid)),
  };
}
