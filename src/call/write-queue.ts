import type { Clock } from '../clock.ts';
import { isRingbackError, RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';

interface Write {
  readonly key: string;
  readonly run: () => Promise<void>;
}

/** Writes that wait; past it a new one is refused and counted. Enough for half an hour of talk without a database. */
const MOST_WAITING = 2_000;
/** A single write that has not answered by then is tried again. Above the database's own deadlines. */
const WRITE_DEADLINE_MS = 30_000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;
/** How often a write that failed for a reason of its own is tried; the database being away does not count. */
const MOST_TRIES = 5;
/** How long what is left is tried after the call is over. */
const MOST_AFTER_END_MS = 300_000;

/**
 * What a call has to store, in order, one at a time, tried again while the database is away. A later state of the same
 * thing replaces one that still waits. Nothing that the store does reaches the call.
 */
export class WriteQueue {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #waiting: Write[] = [];
  readonly #giveUp = new AbortController();
  #running: Promise<void> | null = null;
  #lost = 0;

  constructor(options: { clock: Clock; log: Log }) {
    this.#clock = options.clock;
    this.#log = options.log;
  }

  put(key: string, run: () => Promise<void>): void {
    const same = this.#waiting.findIndex((write) => write.key === key);
    if (same >= 0) this.#waiting[same] = { key, run };
    else if (this.#waiting.length >= MOST_WAITING) this.#lost += 1;
    else this.#waiting.push({ key, run });
    this.#running ??= this.#drain();
  }

  /** Resolves when nothing waits any more. Not bounded: whoever waits has a deadline of their own. */
  async settled(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** Nothing more comes: resolves when all is written, or given up after five minutes or at `hurry`. */
  async finish(hurry: AbortSignal): Promise<void> {
    const giveUp = (): void => this.#giveUp.abort(new RingbackError('stopping'));
    const timer = this.#clock.setTimer(MOST_AFTER_END_MS, giveUp);
    hurry.addEventListener('abort', giveUp, { once: true });
    if (hurry.aborted) giveUp();
    try {
      await this.settled();
    } finally {
      timer.cancel();
      hurry.removeEventListener('abort', giveUp);
    }
    if (this.#lost > 0) this.#log.error({ lost: this.#lost }, 'parts of a call could not be stored');
  }

  async #drain(): Promise<void> {
    // Begin in a turn of its own: the caller may be in the middle of a change.
    await Promise.resolve();
    for (let write = this.#waiting[0]; write !== undefined; write = this.#waiting[0]) {
      // Taken out first: what comes meanwhile under the same key is a later state and stands behind it.
      this.#waiting.shift();
      if (!(await this.#write(write))) this.#lost += 1;
    }
    this.#running = null;
  }

  async #write(write: Write): Promise<boolean> {
    let retryMs = FIRST_RETRY_MS;
    let tries = 0;
    while (!this.#giveUp.signal.aborted) {
      try {
        await this.#tried(write);
        return true;
      } catch (error) {
        if (this.#giveUp.signal.aborted) break;
        if (!isRingbackError(error) || !error.retryable) tries += 1;
        if (tries >= MOST_TRIES) return false;
        this.#log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'a call could not be stored yet');
      }
      // A later state of the same thing makes this one needless.
      if (this.#waiting.some((later) => later.key === write.key)) return true;
      await this.#clock.sleep(retryMs, this.#giveUp.signal).catch(() => undefined);
      retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
    }
    return false;
  }

  async #tried(write: Write): Promise<void> {
    const late = Promise.withResolvers<never>();
    const onGiveUp = (): void => late.reject(this.#giveUp.signal.reason);
    const timer = this.#clock.setTimer(WRITE_DEADLINE_MS, () =>
      late.reject(new RingbackError('query_deadline', [WRITE_DEADLINE_MS])),
    );
    this.#giveUp.signal.addEventListener('abort', onGiveUp, { once: true });
    try {
      await Promise.race([write.run(), late.promise]);
    } finally {
      timer.cancel();
      this.#giveUp.signal.removeEventListener('abort', onGiveUp);
    }
  }
}
