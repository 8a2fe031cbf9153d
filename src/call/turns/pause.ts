import type { MonotonicClock, Timer } from '../../clock.ts';

export interface PauseOptions {
  readonly clock: MonotonicClock;
  /** The voice has ended, or there were only words that want nothing, and no others have come. */
  readonly onQuiet: () => void;
  /** The voice goes on and on without a word. */
  readonly onLongVoice: () => void;
}

/**
 * Words follow the end of a voice within this, or there were none. A voice is said to have ended some 300 ms after its
 * end, so that the agent goes on a second after it.
 */
const WORDS_WITHIN_MS = 700;
/** The same once they have nodded: what they wanted to say is probably said. */
const NODDED_MS = 200;
/** By then a voice has words in it. */
const LONGEST_VOICE_MS = 2_000;
/** However often they cough. */
const LONGEST_MS = 6_000;

/** How long the agent waits, silent, for what a voice was about. One of the two is told, once; words may come first. */
export class Pause implements Disposable {
  readonly #options: PauseOptions;
  readonly #longest: Timer;
  #timer: Timer | null;
  #isVoiced = true;
  #hasNodded = false;

  /** Begins with a voice. */
  constructor(options: PauseOptions) {
    this.#options = options;
    const { clock, onQuiet, onLongVoice } = options;
    this.#longest = clock.setTimer(LONGEST_MS, onQuiet);
    this.#timer = clock.setTimer(LONGEST_VOICE_MS, onLongVoice);
  }

  voice(change: 'started' | 'ended'): void {
    this.#isVoiced = change === 'started';
    this.#arm();
  }

  /** They said something that is no reason to stop. */
  nod(): void {
    this.#hasNodded = true;
    if (!this.#isVoiced) this.#arm();
  }

  [Symbol.dispose](): void {
    this.#longest.cancel();
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(): void {
    this.#timer?.cancel();
    const { clock, onQuiet, onLongVoice } = this.#options;
    this.#timer = this.#isVoiced
      ? clock.setTimer(LONGEST_VOICE_MS, onLongVoice)
      : clock.setTimer(this.#hasNodded ? NODDED_MS : WORDS_WITHIN_MS, onQuiet);
  }
}
