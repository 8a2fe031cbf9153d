import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from './bench.ts';
import { startBenchChild, type BenchChild } from './child.ts';
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
  const requests = await requestsOf(carrier, due);
  const first = Math.min(...due.values());
  // When it was committed, not when its transaction began: by the first change that was told of with the intent.
  const [last] = await database.sql<{ ms: number | null }[]>`
    select extract(epoch from max(at))::float8 * 1000 as ms from (
      select distinct on (e.subject_id) pg_xact_commit_timestamp(e.xmin) as at
      from event e join attempt a on a.callback_id = e.subject_id and e.created_at >= a.started_at - interval '1 ms'
      where e.type = 'callback.changed' order by e.subject_id, e.id) as intents`;
  const [other] = await database.sql<{ count: number }[]>`select count(*)::int as count from attempt`;
  return {
    ...requests,
    attempts: other?.count ?? 0,
    'last intent ms': round((last?.ms ?? Number.NaN) - first, 0),
    'CPU s': round(watch.secondsOf(replica.pid)),
  };
}

/** Waits until everybody who is due was rung, and says how that went. */
export async function requestsOf(carrier: BenchChild, due: ReadonlyMap<string, number>): Promise<Row> {
  for (let waitedMs = 0; (await carrier.ask<number>('count')) < due.size; waitedMs += 50) {
    if (waitedMs > GIVE_UP_MS) break;
    await sleep(50);
  }
  const arrivals = await carrier.ask<[string, number][]>('take');
  const lateMs = arrivals.map(([to, atMs]) => atMs - (due.get(to) ?? Number.NaN));
  return {
    due: due.size,
    requests: arrivals.length,
    twice: arrivals.length - new Set(arrivals.map(([to]) => to)).size,
    early: lateMs.filter((ms) => ms < 0).length,
    'late p50 ms': round(quantile(lateMs, 0.5)),
    'late p99 ms': round(quantile(lateMs, 0.99)),
    'late max ms': round(Math.max(...lateMs)),
  };
}
