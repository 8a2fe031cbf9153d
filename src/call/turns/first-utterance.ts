import type { MonotonicClock, Timer } from '../../clock.ts';

export interface FirstUtteranceOptions {
  readonly clock: MonotonicClock;
  /** Whether words can be expected after the voice. */
  readonly hasWords: boolean;
  /** Once: it is the agent's turn to open. */
  readonly onOver: () => void;
}

/** A callee who says nothing after the answer is spoken to after this long. */
export const SILENT_CALLEE_MS = 1_200;
/** Words follow the end of the voice within this, or there were none. */
const WORDS_WITHIN_MS = 1_500;
/** Nobody says hello for longer; it may be a machine or a noise. */
const LONGEST_MS = 8_000;

/** Waits, on our own dial, until the callee's first utterance has ended, or until it is clear that they are silent. */
export class FirstUtterance implements Disposable {
  readonly #options: FirstUtteranceOptions;
  readonly #startedMs: number;
  #timer: Timer | null;
  #over = false;

  constructor(options: FirstUtteranceOptions) {
    this.#options = options;
    this.#startedMs = options.clock.nowMs();
    this.#timer = this.#after(SILENT_CALLEE_MS);
  }

  voice(change: 'started' | 'ended'): void {
    if (change === 'started') return this.#speaks();
    if (!this.#options.hasWords) return this.#finish();
    this.#timer?.cancel();
    this.#timer = this.#over ? null : this.#after(WORDS_WITHIN_MS);
  }

  words(): void {
    this.#speaks();
  }

  /** A whole turn of theirs. */
  turn(): void {
    this.#finish();
  }

  [Symbol.dispose](): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #speaks(): void {
    if (this.#over) return;
    this.#timer?.cancel();
    this.#timer = this.#after(this.#startedMs + LONGEST_MS - this.#options.clock.nowMs());
  }

  #after(delayMs: number): Timer {
    return this.#options.clock.setTimer(delayMs, () => this.#finish());
  }

  #finish(): void {
    if (this.#over) return;
    this[Symbol.dispose]();
    this.#options.onOver();
  }
}
