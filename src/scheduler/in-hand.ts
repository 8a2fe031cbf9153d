import type { MonotonicClock } from '../clock.ts';
import type { SchedulerTimes } from './times.ts';

interface Rest {
  readonly untilMs: number;
  readonly failures: number;
}

/** Above it the one that has rested longest is forgotten, and simply tried again. */
const MOST_RESTING = 10_000;

/**
 * What this process is busy with, by id, so that a hint, the horizon and a scan that name the same thing do it once;
 * and what failed lately, so that one bad row is not tried a thousand times.
 */
export class InHand {
  readonly #clock: MonotonicClock;
  readonly #times: Pick<SchedulerTimes, 'failedFromMs' | 'failedToMs'>;
  readonly #busy = new Set<string>();
  readonly #resting = new Map<string, Rest>();

  constructor(clock: MonotonicClock, times: Pick<SchedulerTimes, 'failedFromMs' | 'failedToMs'>) {
    this.#clock = clock;
    this.#times = times;
  }

  /** How many are busy or resting: a scan that wants others looks at that many more. */
  get size(): number {
    return this.#busy.size + this.#resting.size;
  }

  /** False where it is busy, or rests after a failure. */
  take(id: string): boolean {
    const rest = this.#resting.get(id);
    if (this.#busy.has(id) || (rest !== undefined && rest.untilMs > this.#clock.nowMs())) return false;
    this.#busy.add(id);
    return true;
  }

  /** It is done with, well or badly. */
  release(id: string, outcome: 'done' | 'failed'): void {
    this.#busy.delete(id);
    const failures = (this.#resting.get(id)?.failures ?? 0) + 1;
    this.#resting.delete(id);
    if (outcome === 'done') return;
    const pauseMs = Math.min(this.#times.failedToMs, this.#times.failedFromMs * 2 ** Math.min(failures - 1, 20));
    this.#resting.set(id, { untilMs: this.#clock.nowMs() + pauseMs, failures });
    const oldest = this.#resting.size > MOST_RESTING ? this.#resting.keys().next().value : undefined;
    if (oldest !== undefined) this.#resting.delete(oldest);
  }
}
