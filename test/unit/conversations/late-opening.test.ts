import { expect, test } from 'vitest';
import type { CallRecords } from '../../../db/call-store.ts';
import { openCallStore } from '../../../src/conversations/call-store.ts';
import type { Call } from '../../../src/domain/call.ts';
import { SimClock } from '../../support/sim-clock.ts';

const NOON = Temporal.Instant.from('2026-11-24T12:00:00Z');

/** The database's clock goes as the test's does; it takes so long to be reached, and so long to answer. */
function slow(clock: SimClock, reachedMs: number, answeredMs: number) {
  const { signal } = new AbortController();
  const answer = async <T>(value: () => T): Promise<T> => {
    await clock.sleep(reachedMs, signal);
    const is = value();
    await clock.sleep(answeredMs, signal);
    return is;
  };
  const records = {
    find: () => answer(() => ({ attemptId: 'attempt-1' }) as Call),
    now: () => answer(() => NOON.add({ milliseconds: clock.nowMs() })),
  } satisfies Pick<CallRecords, 'find' | 'now'>;
  return records as unknown as CallRecords;
}

test.each([
  ['at once', 0, 0],
  ['late', 8_000, 0],
  ['late, and answers late', 3_000, 5_000],
])('an opening that is stored by a database which is reached %s began no later for it', async (_how, reached, done) => {
  const clock = new SimClock();
  const told: Temporal.Instant[] = [];
  const store = openCallStore({
    records: slow(clock, reached, done),
    replicaId: 'replica-1',
    onOpening: async (_attemptId, beganAt) => void told.push(beganAt),
    onEnded: () => undefined,
  });
  await clock.advance(1_000);
  const beganMs = clock.nowMs();
  const stored = store.openingStarted('call-1', () => clock.nowMs() - beganMs);
  await clock.advance(10_000);
  await stored;
  const lateMs = told.map((at) => at.epochMilliseconds - NOON.epochMilliseconds - beganMs);
  // Earlier by as long as the answer was on its way: never later.
  expect(lateMs).toEqual([0 - done]);
});
