import type { MonotonicClock, Timer } from '../clock.ts';

export interface SilentLineOptions {
  readonly clock: MonotonicClock;
  /** Nothing came for a moment: asks the other side for a sign. */
  readonly ask: () => void;
  /** Nothing came all the time, nor an answer to that. Once, and nothing comes after it. */
  readonly onGone: () => void;
}

/** How often it is looked; by the last look it has been silent for three to four seconds. */
const LOOK_EVERY_MS = 1_000;
const LOOKS = 3;

/**
 * Watches a line on which something comes fifty times a second, speech or silence: a far end that is cut off without a
 * word is known within four seconds, long before a connection would tell. It counts looks and not time, so that a process
 * that stood still itself takes nobody for gone. Whoever opens it disposes it.
 */
export class SilentLine implements Disposable {
  readonly #options: SilentLineOptions;
  readonly #onLook = (): void => this.#look();
  #timer: Timer;
  #isHeard = true;
  #silentLooks = 0;

  constructor(options: SilentLineOptions) {
    this.#options = options;
    this.#timer = options.clock.setTimer(LOOK_EVERY_MS, this.#onLook);
  }

  /** Something came: audio, or an answer. */
  heard(): void {
    this.#isHeard = true;
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #look(): void {
    this.#silentLooks = this.#isHeard ? 0 : this.#silentLooks + 1;
    this.#isHeard = false;
    if (this.#silentLooks === LOOKS) return this.#options.onGone();
    if (this.#silentLooks === 1) this.#options.ask();
    this.#timer = this.#options.clock.setTimer(LOOK_EVERY_MS, this.#onLook);
  }
}
