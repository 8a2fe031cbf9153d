import type { Row } from './bench.ts';
import { defineBench } from './bench.ts';
import { startBenchChild } from './child.ts';
import { watchCpu } from './cpu.ts';
import { openBenchServer, type BenchServer } from './database.ts';
import { round } from './figures.ts';
import { compare } from './measure.ts';

export default defineBench({
  title: 'Bookings per second through the use-case, 10 in flight from one process, each commit waiting for the disk',
  async run(options) {
    await using server = await openBenchServer();
    const count = 1_000 * options.size;
    return await compare(
      [
        { name: 'floor', run: () => book(server, 'floor', count) },
        { name: 'ringback', run: () => book(server, 'ringback', count) },
      ],
      options,
    );
  },
});

async function book(server: BenchServer, side: 'floor' | 'ringback', count: number): Promise<Row> {
  await using database = await server.fresh();
  await using booker = await startBenchChild('booker.ts', { url: database.url, side }, 'measured');
  // The first few prepare statements and compile what runs often.
  await booker.ask('book', { count: 100 });
  const watch = watchCpu();
  const tookMs = await booker.ask<number>('book', { count });
  const [rows] = await database.sql<{ count: number }[]>`select count(*)::int as count from callback`;
  return {
    bookings: (rows?.count ?? 0) - 100,
    'bookings/s': round((count * 1_000) / tookMs, 0),
    'CPU ms each': round((watch.secondsOf(booker.pid) * 1_000) / count),
  };
}
