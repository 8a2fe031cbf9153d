import { FRAME_MS } from '../../media/audio-format.ts';
import type { MonotonicClock, Timer } from '../clock.ts';

export interface UnreadLineOptions {
  readonly clock: MonotonicClock;
  /** Audio went out for a moment, and no mark came back: asks the other side for a sign. */
  readonly ask: () => void;
  /** Nor did an answer to that. Once, and nothing comes after it. */
  readonly onGone: () => void;
}

/** So much audio without a mark is in doubt: a mark is sent every half second, and comes back once it has been played. */
const MOST_UNMARKED_FRAMES = 2_000 / FRAME_MS;
/** How often it is looked for an answer. */
const LOOK_EVERY_MS = 1_000;
const LOOKS = 2;

/**
 * Watches a line on which audio goes out for a far end that has stopped to read, though it may go on sending: minutes of
 * audio vanish in the buffers of the network before a socket shows anything of it, and nobody hears them. It counts the
 * audio since the last mark, so that silence is never doubted; and as marks may be lost, or never returned, only one that
 * answers nothing either is gone, about four seconds after it stopped. Whoever opens it disposes it.
 */
export class UnreadLine implements Disposable {
  readonly #options: UnreadLineOptions;
  #frames = 0;
  #looks = 0;
  #timer: Timer | null = null;

  constructor(options: UnreadLineOptions) {
    this.#options = options;
  }

  /** A frame went out. */
  sent(): void {
    this.#frames += 1;
    if (this.#frames < MOST_UNMARKED_FRAMES || this.#timer !== null) return;
    this.#looks = 0;
    this.#options.ask();
    this.#look();
  }

  /** A mark came back, or an answer: it reads. */
  reads(): void {
    this.#frames = 0;
    this.#timer?.cancel();
    this.#timer = null;
  }

  [Symbol.dispose](): void {
    this.reads();
  }

  /** More than once: a process that stood still itself finds the answer between two looks. */
  #look(): void {
    this.#timer = this.#options.clock.setTimer(LOOK_EVERY_MS, () => {
      this.#looks += 1;
      if (this.#looks === LOOKS) return this.#options.onGone();
      this.#look();
    });
  }
}
