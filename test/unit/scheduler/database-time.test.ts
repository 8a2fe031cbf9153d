import { expect, test } from 'vitest';
import { DatabaseTime } from '../../../src/scheduler/database-time.ts';
import { SimClock } from '../../support/sim-clock.ts';

/** The database's clock of these tests runs ahead of ours by this much. */
const AHEAD_MS = 1_800_000_000_000;

test('of several samples the shortest round trip is believed', async () => {
  const clock = new SimClock();
  const time = new DatabaseTime(clock);
  expect(time.known).toBe(false);
  // Read right at the end of a slow statement, then in the middle of a fast one.
  await clock.advance(100);
  time.sample(0, 100, AHEAD_MS + 100);
  expect(time.uncertaintyMs).toBe(50);
  await clock.advance(4);
  time.sample(100, 104, AHEAD_MS + 102);
  expect(time.nowMs()).toBe(AHEAD_MS + 104);
  expect(time.uncertaintyMs).toBe(2);
  await clock.advance(500);
  time.sample(104, 604, AHEAD_MS + 110);
  expect(time.nowMs()).toBe(AHEAD_MS + 604);
});

test('what must not be early waits until the database has certainly reached the time', async () => {
  const clock = new SimClock();
  const time = new DatabaseTime(clock);
  await clock.advance(20);
  // The clock was really read at the end: the estimate is 10 ms ahead of the truth.
  time.sample(0, 20, AHEAD_MS + 20);
  expect(time.nowMs()).toBe(AHEAD_MS + 30);
  let reachedAtMs = 0;
  void time.comes(AHEAD_MS + 1_000, 60_000).then((came) => (reachedAtMs = came ? clock.nowMs() : -1));
  await clock.advance(2_000);
  expect(reachedAtMs).toBeGreaterThanOrEqual(1_000);
  expect(reachedAtMs).toBeLessThan(1_001);
});

test('a clock that runs a little faster than the database makes nothing early', async () => {
  const clock = new SimClock();
  const time = new DatabaseTime(clock);
  // Ours runs 300 ppm faster: after 10 s the database has got 3 ms behind what the first, very good, sample says.
  const databaseMs = (): number => AHEAD_MS + clock.nowMs() * (1 - 0.000_3);
  const sample = async (roundTripMs: number): Promise<void> => {
    const sentAtMs = clock.nowMs();
    await clock.advance(roundTripMs / 2);
    const readMs = databaseMs();
    await clock.advance(roundTripMs / 2);
    time.sample(sentAtMs, clock.nowMs(), readMs);
  };
  await sample(0.2);
  await clock.advance(10_000);
  expect(time.atLeastMs()).toBeLessThanOrEqual(databaseMs());
  // A sample that is worse but newer proves more by now.
  await sample(4);
  expect(databaseMs() - time.atLeastMs()).toBeGreaterThanOrEqual(0);
  expect(databaseMs() - time.atLeastMs()).toBeLessThan(3);
});

test('a database whose clock was set is followed with the next sample', async () => {
  const clock = new SimClock();
  let moved = 0;
  const time = new DatabaseTime(clock, () => (moved += 1));
  await clock.advance(2);
  time.sample(0, 2, AHEAD_MS + 1);
  expect(moved).toBe(1);
  await clock.advance(998);
  // An hour ahead, and by a worse sample than the one before.
  time.sample(900, 1_000, AHEAD_MS + 3_600_950);
  expect(moved).toBe(2);
  expect(Math.abs(time.nowMs() - (AHEAD_MS + 3_601_000))).toBeLessThanOrEqual(50);
});

test('an old sample is not believed for ever', async () => {
  const clock = new SimClock();
  const time = new DatabaseTime(clock);
  await clock.advance(1);
  time.sample(0, 1, AHEAD_MS);
  await clock.advance(61_000);
  time.sample(60_991, 61_001, AHEAD_MS + 60_996);
  expect(time.uncertaintyMs).toBe(5);
});

test('a time that moves away is not waited for any longer', async () => {
  const clock = new SimClock();
  const time = new DatabaseTime(clock);
  time.sample(0, 0, AHEAD_MS);
  const came: boolean[] = [];
  void time.comes(AHEAD_MS + 50, 2_000).then((one) => came.push(one));
  // An hour back.
  await clock.advance(10);
  time.sample(10, 10, AHEAD_MS - 3_600_000);
  await clock.advance(1_989);
  expect(came).toEqual([]);
  await clock.advance(1);
  expect(came).toEqual([false]);
  expect(clock.pending).toBe(0);
});
