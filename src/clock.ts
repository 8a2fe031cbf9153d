/**
 * Time as an argument. Nothing below the composition root reads a clock in place, so that a test can
 * move time and a simulation can own it.
 */
export interface MonotonicClock {
  /** Milliseconds since an arbitrary origin, never stepping back. For elapsed time only. */
  nowMs(): number;
  /** Resolves after `delayMs`; rejects with `signal.reason` when aborted first. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
  /** Runs `run` once after `delayMs` (any length; never early by this clock). */
  setTimer(delayMs: number, run: () => void): Timer;
}

/** A pending run. Whoever armed it cancels it; cancelling twice or after the run does nothing. */
export interface Timer {
  cancel(): void;
}

/** The monotonic clock with this machine's wall clock. The wall clock never decides when to dial. */
export interface Clock extends MonotonicClock {
  /** The wall clock of this machine, for what is shown and said; due times follow the database's clock. */
  instant(): Temporal.Instant;
}

/** Node's longest timer; a longer one fires at once, so it is armed in legs. */
const LONGEST_LEG_MS = 2 ** 31 - 1;

/** The clock of the running process. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  instant: () => Temporal.Now.instant(),
  setTimer(delayMs, run) {
    const dueMs = performance.now() + Math.max(0, delayMs);
    let handle: NodeJS.Timeout;
    const arm = (): void => {
      const leftMs = dueMs - performance.now();
      // Node may fire up to a millisecond early: look again instead of running before the time.
      handle = setTimeout(
        () => (performance.now() >= dueMs ? run() : arm()),
        Math.min(LONGEST_LEG_MS, Math.max(0, Math.ceil(leftMs))),
      );
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  },
  sleep(delayMs, signal) {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        timer.cancel();
        reject(signal.reason);
      };
      const timer = systemClock.setTimer(delayMs, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
  },
};
