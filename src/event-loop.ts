import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { MonotonicClock, Timer } from './clock.ts';

/** How busy the event loop was in one window. */
export interface EventLoopReading {
  /** The share of the time in which it worked, 0 to 1. */
  readonly utilization: number;
  /** By how much timers were late, 99th percentile in milliseconds. */
  readonly delayP99Ms: number;
}

/** Reads since it was read last. Whoever opens it closes it. */
export interface EventLoopProbe extends Disposable {
  read(): EventLoopReading;
}

/** Watches the load, one window after the other. Whoever opens it closes it. */
export interface EventLoopWatch extends Disposable {
  /** Begins to count; the window that runs is the start of the process, and is not judged. */
  start(): void;
  /** The last whole window; null before there was one. */
  readonly reading: EventLoopReading | null;
  /** New calls would spoil those that live here. */
  readonly overloaded: boolean;
}

export interface EventLoopWatchOptions {
  readonly clock: MonotonicClock;
  readonly probe: EventLoopProbe;
  /** Calls that live here. */
  readonly liveCalls: () => number;
  readonly windowMs?: number;
  /** After each window that was judged. */
  readonly onWindow?: () => void;
}

/** Tails break at about three quarters of a core, well before it is saturated. */
const UTILIZATION_MOST = 0.7;
const DELAY_MOST_MS = 15;
/** From here on late timers are taken for our own doing. */
const UTILIZATION_OWN = 0.25;
/** Below these it is over; between the two it stays as it is, so that it doesn't flap. */
const UTILIZATION_CALM = 0.6;
const DELAY_CALM_MS = 10;
/**
 * So many windows in a row must be late before that closes the doors: a rush that is over in one, as where the callbacks of
 * a dead replica are taken over, would otherwise hold up promises for longer than it took itself.
 */
const LATE_WINDOWS = 2;
const WINDOW_MS = 5_000;
/** How often the probe's timer runs; a frame of audio is 20 ms. */
const RESOLUTION_MS = 10;

/** Judges a window every five seconds by the injected clock. */
export function watchEventLoop(options: EventLoopWatchOptions): EventLoopWatch {
  const { clock, probe, liveCalls, windowMs = WINDOW_MS, onWindow } = options;
  let timer: Timer | null = null;
  let reading: EventLoopReading | null = null;
  let overloaded = false;
  let lateWindows = 0;
  let isFirst = true;

  const arm = (): void => {
    timer = clock.setTimer(windowMs, () => {
      const window = probe.read();
      if (isFirst) isFirst = false;
      else {
        reading = window;
        const delayMs = ownDelayMs(window, liveCalls());
        lateWindows = delayMs > DELAY_MOST_MS ? lateWindows + 1 : 0;
        overloaded = overloaded
          ? window.utilization > UTILIZATION_CALM || delayMs > DELAY_CALM_MS
          : window.utilization > UTILIZATION_MOST || lateWindows >= LATE_WINDOWS;
        onWindow?.();
      }
      arm();
    });
  };

  return {
    start() {
      if (timer === null) arm();
    },
    get reading() {
      return reading;
    },
    get overloaded() {
      return overloaded;
    },
    [Symbol.dispose]() {
      timer?.cancel();
      probe[Symbol.dispose]();
    },
  };
}

/**
 * By how much timers were late, as far as that is our own doing. Late timers count only where calls live here that a further one could spoil, and where this loop works for a good part
 * of the time: a loop that idles and is late all the same suffers from a neighbour, and refusing calls would not help it.
 */
function ownDelayMs({ utilization, delayP99Ms }: EventLoopReading, live: number): number {
  return live > 0 && utilization > UTILIZATION_OWN ? delayP99Ms : 0;
}

/** The loop of this process. */
export function openEventLoopProbe(): EventLoopProbe {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let last = performance.eventLoopUtilization();
  return {
    read() {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      // Recorded is the time between two runs of its timer. No run at all: then the utilization says it.
      const betweenMs = delay.count === 0 ? 0 : delay.percentile(99) / 1e6;
      delay.reset();
      return { utilization, delayP99Ms: Math.max(0, betweenMs - RESOLUTION_MS) };
    },
    [Symbol.dispose]: () => void delay.disable(),
  };
}
