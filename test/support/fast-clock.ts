import type { Clock } from '../../src/clock.ts';

/**
 * Real time, so many times faster: for a conversation that has to wait for a real database, which a clock moved by hand
 * cannot, and is not to take the minutes that speaking takes.
 */
export function fastClock(clock: Clock, times: number): Clock {
  return {
    nowMs: () => clock.nowMs() * times,
    instant: () => clock.instant(),
    setTimer: (delayMs, run) => clock.setTimer(delayMs / times, run),
    sleep: (delayMs, signal) => clock.sleep(delayMs / times, signal),
  };
}
