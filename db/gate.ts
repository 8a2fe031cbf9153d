import type { MonotonicClock } from '../src/clock.ts';
import { RingbackError } from '../src/errors.ts';

/**
 * Lets at most `slots` run at once; the others wait in line, at most `maxWaiting` of them.
 *
 * At the bound a newcomer is refused with `queue_full`; one that waits longer than it may is refused with
 * `query_deadline`. Nothing that was refused has been started.
 */
export class Gate {
  readonly #clock: MonotonicClock;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #slots: number;
  /** Below nothing while more run than may since `resize`. */
  #free: number;

  constructor(options: { clock: MonotonicClock; slots: number; maxWaiting: number }) {
    this.#clock = options.clock;
    this.#slots = options.slots;
    this.#free = options.slots;
    this.#maxWaiting = options.maxWaiting;
  }

  /** How many may run at once. */
  get slots(): number {
    return this.#slots;
  }

  /** Changes how many may run at once, at least 1. What runs goes on. */
  resize(slots: number): void {
    this.#free += slots - this.#slots;
    this.#slots = slots;
    while (this.#free > 0) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#free -= 1;
      next();
    }
  }

  /** Waits for a slot, at most `withinMs`; the caller calls the returned function once to give it back. */
  enter(withinMs: number): Promise<() => void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve(this.#leaveOnce());
    }
    if (this.#waiting.length >= this.#maxWaiting)
      return Promise.reject(new RingbackError('queue_full', ['the database']));
    return new Promise((resolve, reject) => {
      const admit = (): void => {
        timer.cancel();
        resolve(this.#leaveOnce());
      };
      const timer = this.#clock.setTimer(withinMs, () => {
        this.#waiting.splice(this.#waiting.indexOf(admit), 1);
        reject(new RingbackError('query_deadline', [withinMs]));
      });
      this.#waiting.push(admit);
    });
  }

  #leaveOnce(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.#free < 0 ? undefined : this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
  }
}
