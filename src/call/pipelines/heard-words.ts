import type { MonotonicClock } from '../../clock.ts';

/** The next answer waits so long for what was heard of the last one: a round trip to the vendor. */
const WITHIN_MS = 150;

/**
 * What a voice still has to say about how much of an agent's turn was heard: by then an estimate stands in its place. One at
 * a time; the last counts.
 */
export class HeardWords {
  readonly #clock: MonotonicClock;
  readonly #signal: AbortSignal;
  readonly #guard: (run: () => void) => void;
  #awaited: Promise<void> | null = null;

  /** Nothing is corrected any more once `signal`, the call's, is aborted; a throw while it is ends the call, by `guard`. */
  constructor(clock: MonotonicClock, signal: AbortSignal, guard: (run: () => void) => void) {
    this.#clock = clock;
    this.#signal = signal;
    this.#guard = guard;
  }

  /** `correct` is given the words when they come, however late; not where the voice does not know. */
  await(words: Promise<string | undefined>, correct: (words: string) => void): void {
    const awaited = words
      // A voice that fails at this leaves the estimate.
      .catch(() => undefined)
      .then((heard) => {
        if (heard !== undefined && !this.#signal.aborted) this.#guard(() => correct(heard));
      })
      .finally(() => {
        if (this.#awaited === awaited) this.#awaited = null;
      });
    this.#awaited = awaited;
  }

  /** Resolves when it is known, or after a moment. */
  async settled(): Promise<void> {
    if (this.#awaited === null) return;
    const late = Promise.withResolvers<void>();
    const timer = this.#clock.setTimer(WITHIN_MS, () => late.resolve());
    await Promise.race([this.#awaited, late.promise]);
    timer.cancel();
  }
}
