import type { Row } from './bench.ts';
import { openCallbackStore } from '../../db/postgres-callback-store.ts';
import { openTestDatabase } from '../../test/integration/scheduler/parts.ts';
import { defineBench } from './bench.ts';
import { startBenchChild } from './child.ts';
import { measureClaims } from './claims.ts';
import { openBenchServer, type BenchDatabase, type BenchServer } from './database.ts';
import { quantile, round } from './figures.ts';
import { measureIdle } from './idleness.ts';
import { insertMany } from './many.ts';
import { compare } from './measure.ts';
import { plansByKey } from './plans.ts';

const DAY_MS = 86_400_000;
/** Spread over so many days, the first of them tomorrow. */
const DAYS = 30;
const BOOKINGS = 1_000;
const CLAIMS = 300;
/** How often a page is asked for. */
const LOOKS = 15;

export default defineBench({
  title:
    'Very many pending callbacks (100,000 times size): bookings, claims, idleness, pages and the plans of hot reads',
  async run(options) {
    await using server = await openBenchServer();
    const many = 100_000 * options.size;
    return await compare(
      [
        { name: 'a thousand pending', run: () => measure(server, 1_000) },
        { name: `${many} pending`, run: () => measure(server, many) },
      ],
      options,
    );
  },
});

async function measure(server: BenchServer, count: number): Promise<Row> {
  await using database = await server.fresh();
  const fromMs = (await database.nowMs()) + DAY_MS;
  const startedAtMs = performance.now();
  await insertMany(database.sql, count, fromMs, (DAYS * DAY_MS) / count);
  const insertedMs = performance.now() - startedAtMs;
  const idle = await measureIdle(database);
  const perSecond = await book(database);
  const claims = await measureClaims(database, CLAIMS);
  const pages = await look(database);
  const { notByKey } = await plansByKey(database.sql);
  const [size] = await database.sql<{ bytes: number }[]>`
    select sum(pg_total_relation_size(c.oid))::float8 as bytes from pg_class c
    where c.relname in ('callback', 'timer', 'conversation')`;
  return {
    pending: count,
    'rows made/s': round((count * 1_000) / insertedMs, 0),
    'bytes each': round((size?.bytes ?? Number.NaN) / count, 0),
    ...idle,
    'bookings/s': perSecond,
    ...claims,
    ...pages,
    'reads not by key': notByKey.length === 0 ? 'none' : notByKey.join(', '),
  };
}

async function book(database: BenchDatabase): Promise<number> {
  await using booker = await startBenchChild('booker.ts', { url: database.url, side: 'ringback' }, 'measured');
  await booker.ask('book', { count: 100 });
  return round((BOOKINGS * 1_000) / (await booker.ask<number>('book', { count: BOOKINGS })), 0);
}

/** What the Callbacks page asks for. */
async function look(bench: BenchDatabase) {
  await using database = openTestDatabase(bench.url);
  await database.ready();
  const store = openCallbackStore({ database, announceWithinMs: 0, onLostHint: () => undefined });
  const timed = async (ask: () => Promise<unknown>): Promise<number> => {
    const tookMs: number[] = [];
    for (let asked = 0; asked < LOOKS; asked += 1) {
      const startedAtMs = performance.now();
      await ask();
      tookMs.push(performance.now() - startedAtMs);
    }
    return round(quantile(tookMs, 0.5), 1);
  };
  return {
    'counts ms': await timed(() => store.counts()),
    'first page ms': await timed(() => store.list({ order: 'asc', limit: 51 })),
    'next page ms': await timed(() => store.list({ order: 'asc', limit: 51, sort: 'next', open: true })),
    'attention ms': await timed(() => store.list({ order: 'desc', limit: 51, attention: true })),
    'search ms': await timed(() => store.list({ order: 'asc', limit: 51, search: 'nobody of this name' })),
  };
}
