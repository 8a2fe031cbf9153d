import type { Clock, Timer } from '../../clock.ts';
import { keyedWords } from './keyed-words.ts';
import type { TurnTiming } from './latency.ts';

/** What the keys of a telephone said: `text` stands in the transcript, and is what the model reads. */
export interface KeyedTurn {
  readonly text: string;
  /** When the first key was pressed. */
  readonly startedAt: Temporal.Instant;
}

export interface KeypadOptions {
  readonly clock: Clock;
  /** The first key of an entry: they are busy pressing more. */
  readonly onPressed: () => void;
  /** The entry is over. */
  readonly onTurn: (turn: KeyedTurn, timing: TurnTiming) => void;
}

/** One key alone is mostly a choice, and is answered sooner than a number of which more may come. */
const AFTER_ONE_KEY_MS = 2_000;
/** Whoever reads a number from a card looks up between its groups. */
const AFTER_MORE_KEYS_MS = 3_000;
/** The key that says "that was it". */
const END_KEY = '#';
/** Longer than any card or account number: what goes on is a machine, and is given in pieces of this size. */
const MOST_KEYS = 64;

/**
 * Gathers the keys that a caller presses into one entry: until `#`, or until no more have come for a moment. The entry
 * holds the keys as they were pressed, `#` included. The session closes it.
 */
export class Keypad implements Disposable {
  readonly #options: KeypadOptions;
  #keys = '';
  #startedAt: Temporal.Instant | null = null;
  #lastKeyMs = 0;
  #timer: Timer | null = null;

  constructor(options: KeypadOptions) {
    this.#options = options;
  }

  /** `key` is one of 0-9, A-D, `*` and `#`. */
  press(key: string): void {
    const { clock, onPressed } = this.#options;
    this.#timer?.cancel();
    this.#lastKeyMs = clock.nowMs();
    const isFirst = this.#startedAt === null;
    this.#startedAt ??= clock.instant();
    this.#keys += key;
    if (isFirst) onPressed();
    if (key === END_KEY || this.#keys.length >= MOST_KEYS) return this.#give();
    const pauseMs = this.#keys.length === 1 ? AFTER_ONE_KEY_MS : AFTER_MORE_KEYS_MS;
    this.#timer = clock.setTimer(pauseMs, () => this.#give());
  }

  /** Whether an entry has begun and is not over. */
  get isPressed(): boolean {
    return this.#startedAt !== null;
  }

  /** The entry so far, which nobody will finish any more. */
  take(): KeyedTurn | null {
    const startedAt = this.#startedAt;
    const text = keyedWords(this.#keys);
    this[Symbol.dispose]();
    return startedAt === null ? null : { text, startedAt };
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#keys = '';
    this.#startedAt = null;
  }

  #give(): void {
    const turn = this.take();
    if (turn === null) return;
    const nowMs = this.#options.clock.nowMs();
    this.#options.onTurn(turn, { silentMs: this.#lastKeyMs, decidedMs: nowMs, textMs: nowMs });
  }
}
