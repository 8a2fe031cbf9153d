import { setTimeout as sleep } from 'node:timers/promises';
import { openCallbackStore } from '../../db/postgres-callback-store.ts';
import { bookCallback } from '../../src/callbacks/book.ts';
import { callbackDeps, openTestDatabase } from '../../test/integration/scheduler/parts.ts';
import { defineBench } from './bench.ts';
import { benchAgent, openBenchServer } from './database.ts';
import { diallingSides, type Plan } from './dialling.ts';
import { compare } from './measure.ts';

/** Before the first is due the replica has to be up. */
const START_MS = 4_000;

export default defineBench({
  title: 'Dial lateness: from the due time to the request at the carrier',
  async run(options) {
    await using server = await openBenchServer();
    const spread = await compare(diallingSides(server, spreadOver(20 * options.size, 2_000 * options.size)), options);
    const ahead = await compare(diallingSides(server, bookedAhead(20 * options.size)), options);
    return [
      ...spread.map((row) => ({ load: 'spread', ...row })),
      ...ahead.map((row) => ({ load: 'booked 1 s ahead', ...row })),
    ];
  },
});

/** So many, evenly over a time. */
function spreadOver(count: number, overMs: number): Plan {
  return async (database) => {
    const fromMs = (await database.nowMs()) + START_MS;
    const dueMs = Array.from({ length: count }, (_, n) => fromMs + (n * overMs) / count);
    return { due: await database.insertCallbacks(dueMs) };
  };
}

/** One after the other, each one second before it is due, while the replica sleeps toward one an hour away. */
function bookedAhead(count: number): Plan {
  return async (database) => {
    await database.insertCallbacks([(await database.nowMs()) + 3_600_000]);
    return { due: new Map(), rest: () => book(database.url, count) };
  };
}

async function book(url: string, count: number): Promise<Map<string, number>> {
  await using database = openTestDatabase(url);
  await database.ready();
  const store = openCallbackStore({ database, announceWithinMs: 60_000, onLostHint: () => undefined });
  const deps = { ...callbackDeps(database, ''), store };
  const due = new Map<string, number>();
  for (let n = 0; n < count; n += 1) {
    const to = `browser:bench${String(n).padStart(8, '0')}`;
    const { callback } = await bookCallback(deps, {
      agent: benchAgent,
      to,
      toName: null,
      reason: 'the bench',
      when: (now) => ({ at: now.add({ seconds: 1 }), zone: 'Europe/Berlin', zoneNamed: true }),
      originCallId: null,
      dialled: null,
      by: 'api',
      confirmed: true,
      override: false,
      key: null,
      body: null,
    });
    due.set(to, callback.dueAt.epochMilliseconds);
    await sleep(100);
  }
  return due;
}
