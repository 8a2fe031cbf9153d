import type { Clock, Timer } from '../../src/clock.ts';

interface Armed {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** How often the microtask queue is let run dry after each timer: a streamed answer passes through dozens of promises. */
const TURNS = 100;

/** A clock that a test moves. Timers run in the order of their times; nothing runs unless time is moved. */
export class SimClock implements Clock {
  #nowMs = 0;
  #order = 0;
  readonly #armed = new Set<Armed>();
  readonly #origin: Temporal.Instant;

  /** `origin` is what the wall clock shows at the beginning. */
  constructor(origin = '2026-11-24T12:00:00Z') {
    this.#origin = Temporal.Instant.from(origin);
  }

  nowMs(): number {
    return this.#nowMs;
  }

  instant(): Temporal.Instant {
    return this.#origin.add({ milliseconds: Math.floor(this.#nowMs) });
  }

  /** Timers that wait; a test that ends with any has left something behind. */
  get pending(): number {
    return this.#armed.size;
  }

  setTimer(delayMs: number, run: () => void): Timer {
    const armed: Armed = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#armed.add(armed);
    return { cancel: () => void this.#armed.delete(armed) };
  }

  sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        timer.cancel();
        reject(signal.reason);
      };
      const timer = this.setTimer(delayMs, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Moves time by `byMs`, running each timer at its own time and letting what it set off settle before the next. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (;;) {
      const next = this.#nextBefore(untilMs);
      if (next === undefined) break;
      this.#armed.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.run();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  #nextBefore(untilMs: number): Armed | undefined {
    let next: Armed | undefined;
    for (const armed of this.#armed) {
      if (armed.dueMs > untilMs) continue;
      if (next === undefined || armed.dueMs < next.dueMs || (armed.dueMs === next.dueMs && armed.order < next.order)) {
        next = armed;
      }
    }
    return next;
  }
}

/** Lets every promise that is ready run, without letting real time decide anything. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve();
}
