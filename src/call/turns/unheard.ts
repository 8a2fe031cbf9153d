import type { MonotonicClock, Timer } from '../../clock.ts';

export interface UnheardOptions {
  readonly clock: MonotonicClock;
  /** Whether it is known that nobody understands anything at present: the STT is lost. */
  readonly isDeaf: () => boolean;
  /** They spoke, and no word of it was understood: they are to be asked again. */
  readonly onUnheard: () => void;
}

/** A voice is said to have ended some 300 ms after its end: with what is said then the silence stays below three seconds. */
const WORDS_WITHIN_MS = 2_300;
/** What is shorter is a cough, or a door; where no word could have come of it, not even that is let pass. */
const LEAST_VOICE_MS = 700;
const LEAST_VOICE_DEAF_MS = 250;
/** Then it is a noise, or nothing that asking would help. */
const MOST_IN_A_ROW = 2;

/** Watches for a caller who spoke to deaf ears while the agent was listening. The floor closes it. */
export class Unheard implements Disposable {
  readonly #options: UnheardOptions;
  #isListening = false;
  #startedMs: number | null = null;
  #voiceMs = 0;
  #asked = 0;
  #timer: Timer | null = null;

  constructor(options: UnheardOptions) {
    this.#options = options;
  }

  /** Whether the agent has nothing to say and nothing under way. What was heard before says nothing. */
  listening(isListening: boolean): void {
    if (isListening && this.#isListening) return;
    this.#isListening = isListening;
    this.#forget();
  }

  voice(change: 'started' | 'ended'): void {
    const nowMs = this.#options.clock.nowMs();
    this.#timer?.cancel();
    this.#timer = null;
    if (change === 'started') {
      this.#startedMs = this.#isListening ? nowMs : null;
      return;
    }
    if (this.#startedMs === null) return;
    this.#voiceMs += nowMs - this.#startedMs;
    this.#startedMs = null;
    this.#timer = this.#options.clock.setTimer(WORDS_WITHIN_MS, () => this.#decide());
  }

  /** Something of what they say is understood. */
  words(): void {
    this.#asked = 0;
    this.#forget();
  }

  [Symbol.dispose](): void {
    this.#forget();
  }

  #decide(): void {
    const { isDeaf, onUnheard } = this.#options;
    const isVoice = this.#voiceMs >= (isDeaf() ? LEAST_VOICE_DEAF_MS : LEAST_VOICE_MS);
    this.#forget();
    if (!isVoice || this.#asked >= MOST_IN_A_ROW) return;
    this.#asked += 1;
    onUnheard();
  }

  #forget(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#startedMs = null;
    this.#voiceMs = 0;
  }
}
