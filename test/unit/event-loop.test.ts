import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openEventLoopProbe, watchEventLoop, type EventLoopReading } from '../../src/event-loop.ts';
import { SimClock } from '../support/sim-clock.ts';
import { until } from '../support/until.ts';

const calm: EventLoopReading = { utilization: 0.3, delayP99Ms: 2 };

/** Gives these readings, one per window, the last one again and again. */
function watched(readings: EventLoopReading[], live = 1) {
  const clock = new SimClock();
  let reads = 0;
  let closed = false;
  const probe = {
    read: () => readings[Math.min(reads++, readings.length - 1)] ?? calm,
    [Symbol.dispose]: () => void (closed = true),
  };
  const watch = watchEventLoop({ clock, probe, liveCalls: () => live });
  watch.start();
  return { clock, watch, isClosed: () => closed };
}

test('the rush of the start closes nobody out', async () => {
  const { clock, watch } = watched([{ utilization: 1, delayP99Ms: 900 }, calm]);
  await clock.advance(5_000);
  expect(watch).toMatchObject({ overloaded: false, reading: null });
  await clock.advance(5_000);
  expect(watch).toMatchObject({ overloaded: false, reading: calm });
  watch[Symbol.dispose]();
});

test('five seconds above 70 % close the doors, and they open again only below 60 %', async () => {
  const at = (utilization: number) => ({ ...calm, utilization });
  const { clock, watch } = watched([calm, at(0.7), at(0.71), at(0.65), at(0.6), at(0.65)]);
  const seen: boolean[] = [];
  await clock.advance(5_000);
  for (let windows = 0; windows < 5; windows += 1) {
    await clock.advance(5_000);
    seen.push(watch.overloaded);
  }
  expect(seen).toEqual([false, true, true, false, false]);
  watch[Symbol.dispose]();
});

test('timers that are late by more than 15 ms for ten seconds close the doors while calls live here', async () => {
  const late = { ...calm, delayP99Ms: 15.1 };
  const busy = watched([calm, late, late, { ...calm, delayP99Ms: 12 }, { ...calm, delayP99Ms: 10 }]);
  const seen: boolean[] = [];
  for (let windows = 0; windows < 5; windows += 1) {
    await busy.clock.advance(5_000);
    seen.push(busy.watch.overloaded);
  }
  expect(seen).toEqual([false, false, true, true, false]);
  busy.watch[Symbol.dispose]();
});

test('a rush that is over within a window, such as a take-over, holds up no promise', async () => {
  const rush = { utilization: 0.6, delayP99Ms: 40 };
  const { clock, watch } = watched([calm, rush, calm, rush, calm], 10);
  const seen: boolean[] = [];
  for (let windows = 0; windows < 5; windows += 1) {
    await clock.advance(5_000);
    seen.push(watch.overloaded);
  }
  expect(seen).toEqual([false, false, false, false, false]);
  watch[Symbol.dispose]();
});

test('a noisy neighbour does not keep the first caller out', async () => {
  const { clock, watch } = watched([calm, { ...calm, delayP99Ms: 40 }], 0);
  await clock.advance(10_000);
  expect(watch.overloaded).toBe(false);
  watch[Symbol.dispose]();
});

test('a loop that idles and is late all the same lets callers in: refusing them would help nobody', async () => {
  const { clock, watch } = watched([calm, { utilization: 0.1, delayP99Ms: 45 }], 3);
  await clock.advance(10_000);
  expect(watch.overloaded).toBe(false);
  watch[Symbol.dispose]();
});

test('closing the watch leaves no timer and no probe behind', async () => {
  const { clock, watch, isClosed } = watched([calm]);
  watch[Symbol.dispose]();
  expect(clock.pending).toBe(0);
  expect(isClosed()).toBe(true);
});

test(
  'a loop that is really blocked closes the doors, and one that is idle again opens them',
  { timeout: 30_000 },
  async () => {
    const windows: PromiseWithResolvers<void>[] = [];
    const nextWindow = () => {
      const next = Promise.withResolvers<void>();
      windows.push(next);
      return until('a window', next.promise);
    };
    const watch = watchEventLoop({
      clock: systemClock,
      probe: openEventLoopProbe(),
      // Timers that are late because of other processes do not count then.
      liveCalls: () => 0,
      windowMs: 300,
      onWindow: () => windows.splice(0).forEach((window) => window.resolve()),
    });
    try {
      watch.start();
      await nextWindow();
      const over = nextWindow();
      const beganMs = performance.now();
      while (performance.now() - beganMs < 290);
      await over;
      expect(watch.overloaded).toBe(true);
      expect(watch.reading?.utilization).toBeGreaterThan(0.7);
      // A loaded machine may need a few windows until one is calm.
      for (let tries = 0; tries < 20 && watch.overloaded; tries += 1) await nextWindow();
      expect(watch.overloaded).toBe(false);
    } finally {
      watch[Symbol.dispose]();
    }
  },
);
