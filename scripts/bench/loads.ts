import { setTimeout as sleep } from 'node:timers/promises';
import { openCallbackStore } from '../../db/postgres-callback-store.ts';
import { bookCallback } from '../../src/callbacks/book.ts';
import { callbackDeps, openTestDatabase } from '../../test/integration/scheduler/parts.ts';
import { benchAgent } from './database.ts';
import type { Plan } from './dialling.ts';

/** Before the first is due the replica has to be up, and what is many to be stored. */
const START_MS = 8_000;
/** Between two that are booked one second ahead. */
export const AHEAD_EVERY_MS = 100;

/** When so many are due that are spread evenly over a time, the first a few seconds from now. */
export function spreadTimes(nowMs: number, count: number, overMs: number): number[] {
  return Array.from({ length: count }, (_, n) => nowMs + START_MS + (n * overMs) / count);
}

/** So many, evenly over a time; all at one instant where that is none. */
export function spreadOver(count: number, overMs: number): Plan {
  return async (database) => ({
    due: await database.insertCallbacks(spreadTimes(await database.nowMs(), count, overMs)),
  });
}

/** One after the other, each one second before it is due, while the replica sleeps toward one an hour away. */
export function bookedAhead(count: number): Plan {
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
    await sleep(AHEAD_EVERY_MS);
  }
  return due;
}
