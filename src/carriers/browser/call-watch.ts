import type { MonotonicClock } from '../../clock.ts';
import { SilentLine } from '../silent-line.ts';
import { UnreadLine } from '../unread-line.ts';

export interface CallWatchOptions {
  readonly clock: MonotonicClock;
  /** Asks the page for a sign. */
  readonly ask: () => void;
  /** It sends or reads nothing any more, and does not answer. Once. */
  readonly onGone: (what: 'silent' | 'unread') => void;
}

/**
 * Watches a page in its call as a telephone's stream is watched: it sends its microphone, or silence, fifty times a second,
 * and tells what it has played. One that is cut off, or hangs, is known within four seconds. Whoever opens it disposes it.
 */
export class CallWatch implements Disposable {
  readonly #options: CallWatchOptions;
  readonly #unread: UnreadLine;
  /** From the first audio: a page may be slow to open its microphone. */
  #silent: SilentLine | null = null;
  #isOver = false;

  constructor(options: CallWatchOptions) {
    this.#options = options;
    const { clock, ask, onGone } = options;
    this.#unread = new UnreadLine({ clock, ask, onGone: () => onGone('unread') });
  }

  /** Audio of theirs. */
  audio(): void {
    if (this.#isOver || this.#silent !== null) return;
    const { clock, ask, onGone } = this.#options;
    this.#silent = new SilentLine({ clock, ask, onGone: () => onGone('silent') });
  }

  /** Anything that it sent, audio as well. */
  heard(): void {
    this.#silent?.heard();
  }

  /** It told what it has played, or answered: it reads. */
  reads(): void {
    this.#unread.reads();
  }

  /** A frame went out. */
  sent(): void {
    if (!this.#isOver) this.#unread.sent();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#silent?.[Symbol.dispose]();
    this.#unread[Symbol.dispose]();
  }
}
