import type { Row } from './bench.ts';
import { startBenchChild } from './child.ts';
import { watchCpu } from './cpu.ts';
import type { BenchServer } from './database.ts';
import { round } from './figures.ts';
import type { Side } from './measure.ts';

/** What is booked before it is measured: statements are prepared, and what runs often is compiled. */
export const WARM_UP = 100;

/** The product and its floor, booking so many callbacks. */
export function bookingSides(server: BenchServer, count: number): Side[] {
  return [
    { name: 'floor', run: () => book(server, 'floor', count) },
    { name: 'ringback', run: () => book(server, 'ringback', count) },
  ];
}

async function book(server: BenchServer, side: 'floor' | 'ringback', count: number): Promise<Row> {
  await using database = await server.fresh();
  await using booker = await startBenchChild('booker.ts', { url: database.url, side }, 'measured');
  await booker.ask('book', { count: WARM_UP });
  const watch = watchCpu();
  const tookMs = await booker.ask<number>('book', { count });
  const [rows] = await database.sql<{ count: number }[]>`select count(*)::int as count from callback`;
  return {
    bookings: (rows?.count ?? 0) - WARM_UP,
    'bookings/s': round((count * 1_000) / tookMs, 0),
    'CPU ms each': round((watch.secondsOf(booker.pid) * 1_000) / count),
  };
}
