import { expect, test } from 'vitest';
import { cancelCallback } from '../../src/callbacks/cancel.ts';
import { systemClock } from '../../src/clock.ts';
import { isRingbackError } from '../../src/errors.ts';
import { FakeCarrierServer } from '../fakes/http-carrier-server.ts';
import { World } from '../integration/scheduler/world.ts';
import { until } from '../support/until.ts';

const RACES = 500;
/** So many are on at a time: each is to be claimed at its time, not when there is room. */
const LANES = 10;

test('D10, crash point 21: of 500 callbacks cancelled around the moment of their claim, none that was cancelled is dialled, and each other one is', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await Promise.all([world.replica(), world.replica()]);
  const race = async (index: number) => {
    const callback = await world.book(400);
    const inMs = callback.dueAt.epochMilliseconds - Temporal.Now.instant().epochMilliseconds;
    // The claim begins 20 ms before the time: from 35 ms before it to 4 ms after it.
    await systemClock.sleep(Math.max(0, inMs - 35 + (index % 40)), new AbortController().signal);
    try {
      await cancelCallback(world.deps(), callback.id, 'operator');
      return { callback, cancelled: true };
    } catch (error) {
      if (!isRingbackError(error, 'not_cancellable')) throw error;
      return { callback, cancelled: false };
    }
  };
  const outcomes: Awaited<ReturnType<typeof race>>[] = [];
  const lane = async (first: number): Promise<void> => {
    for (let index = first; index < RACES; index += LANES) outcomes.push(await race(index));
  };
  await Promise.all(Array.from({ length: LANES }, (_, first) => lane(first)));
  const dialled = outcomes.filter((one) => !one.cancelled);
  await until(
    'the calls',
    carrier.whenever(() => carrier.calls.length >= dialled.length),
  );
  // Both sides won sometimes, or there was no race.
  expect(dialled.length).toBeGreaterThan(0);
  expect(dialled.length).toBeLessThan(RACES);
  expect(carrier.requests).toHaveLength(dialled.length);
  const rung = new Map(outcomes.map(({ callback }) => [callback.to, 0]));
  for (const call of carrier.calls) rung.set(call.to, (rung.get(call.to) ?? 0) + 1);
  const counts = await world.deps().store.counts();
  expect(counts).toMatchObject({ cancelled: RACES - dialled.length, dialing: dialled.length });
  for (const { callback, cancelled } of outcomes) {
    expect({ id: callback.id, rings: rung.get(callback.to) }).toEqual({ id: callback.id, rings: cancelled ? 0 : 1 });
  }
}, 300_000);
