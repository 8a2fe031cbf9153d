import type { MonotonicClock, Timer } from '../clock.ts';

/** How long it may take to store that an opening begins, in milliseconds. */
export interface OpeningGateTimes {
  /**
   * From when the first audio was ready. Longer than a database that is started anew, or a vote on its successor, mostly
   * takes; shorter than people hold a silent line.
   */
  readonly withinMs: number;
  /** A write that has not answered by then is made again beside it: its answer may be lost. */
  readonly answerMs: number;
  /** One that failed is made again after that. */
  readonly pauseMs: number;
}

export const openingGateTimes: OpeningGateTimes = { withinMs: 2_500, answerMs: 1_000, pauseMs: 150 };

export interface OpeningGateOptions {
  readonly clock: MonotonicClock;
  readonly times?: OpeningGateTimes;
  /**
   * Stores that the opening begins; false where it may not any more. Made again where the answer did not come, so that it
   * also reads what the one before has stored.
   */
  readonly begin: () => Promise<boolean>;
  /** It is stored: they may hear it. Once, or `onShut`. */
  readonly onOpen: () => void;
  /** Nobody may hear it: it was refused, or could not be stored in time. */
  readonly onShut: (why: 'refused' | 'not_stored') => void;
  /** Runs what may throw; a throw ends the call. */
  readonly guard: (run: () => void) => void;
}

/**
 * Stands before the agent's mouth on our own dial: not a frame leaves before it is stored that the opening began, so that
 * nobody who heard the agent is rung again, whenever its process dies. Whoever opened it closes it.
 */
export class OpeningGate implements Disposable {
  readonly #options: OpeningGateOptions;
  readonly #times: OpeningGateTimes;
  #isAsked = false;
  #isOver = false;
  #tries = 0;
  #again: Timer | null = null;
  #deadline: Timer | null = null;

  constructor(options: OpeningGateOptions) {
    this.#options = options;
    this.#times = options.times ?? openingGateTimes;
  }

  /** Whether there was anything to be heard yet. */
  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** The first audio is ready to leave. Any number of times. */
  ask(): void {
    if (this.#isAsked || this.#isOver) return;
    this.#isAsked = true;
    this.#arm(this.#times.withinMs);
    this.#try();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#again?.cancel();
    this.#deadline?.cancel();
  }

  #arm(withinMs: number): void {
    const { clock, onShut } = this.#options;
    const dueMs = clock.nowMs() + withinMs;
    this.#deadline = clock.setTimer(withinMs, () => {
      // A process that stood still has the answers of that time still to hear.
      if (clock.nowMs() - dueMs >= this.#times.answerMs) return this.#arm(this.#times.answerMs);
      this.#end(() => onShut('not_stored'));
    });
  }

  #try(): void {
    const { clock, begin, onOpen, onShut } = this.#options;
    const number = (this.#tries += 1);
    this.#again?.cancel();
    this.#again = clock.setTimer(this.#times.answerMs, () => this.#try());
    begin().then(
      (may) => this.#end(() => (may ? onOpen() : onShut('refused'))),
      () => {
        if (this.#isOver || number !== this.#tries) return;
        this.#again?.cancel();
        this.#again = clock.setTimer(this.#times.pauseMs, () => this.#try());
      },
    );
  }

  #end(then: () => void): void {
    if (this.#isOver) return;
    this[Symbol.dispose]();
    this.#options.guard(then);
  }
}
