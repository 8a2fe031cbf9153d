import type { MonotonicClock, Timer } from '../../clock.ts';
import type { CallLimits } from '../../domain/agent.ts';

export interface SilenceWatchOptions {
  readonly clock: MonotonicClock;
  readonly limits: CallLimits;
  /** Ask whether they are still there. */
  readonly onSilent: () => void;
  /** It was asked often enough. */
  readonly onGivenUp: () => void;
}

/** A voice that goes on for so much longer, without a word, is a noise, or a microphone that was switched off. */
const LONGEST_VOICE_MS = 30_000;

/** Watches for both sides being silent with nothing pending. The session closes it. */
export class SilenceWatch implements Disposable {
  readonly #options: SilenceWatchOptions;
  #prompts = 0;
  #isIdle = false;
  #isVoiced = false;
  #timer: Timer | null = null;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
  }

  /** Whether the agent has nothing to say and nothing under way. */
  idle(isIdle: boolean): void {
    this.#isIdle = isIdle;
    this.#arm();
  }

  voice(change: 'started' | 'ended'): void {
    this.#isVoiced = change === 'started';
    this.#arm();
  }

  /** They gave a sign of life: the silence begins anew. */
  sign(): void {
    this.#arm();
  }

  /** They said something: the count begins anew. */
  spoke(): void {
    this.#prompts = 0;
    this.#arm();
  }

  [Symbol.dispose](): void {
    this.#isIdle = false;
    this.#arm();
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (!this.#isIdle) return;
    const { clock, limits } = this.#options;
    const voiceMs = this.#isVoiced ? LONGEST_VOICE_MS : 0;
    this.#timer = clock.setTimer(limits.silencePromptSeconds * 1000 + voiceMs, () => this.#silent());
  }

  #silent(): void {
    this.#timer = null;
    const { limits, onSilent, onGivenUp } = this.#options;
    if (this.#prompts >= limits.silencePrompts) return onGivenUp();
    this.#prompts += 1;
    onSilent();
  }
}
