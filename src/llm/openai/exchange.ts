import type { MonotonicClock, Timer } from '../../clock.ts';
import { RingbackError } from '../../errors.ts';
import { NAME } from './failure.ts';

/** Of one answer from the request to its end, however slowly it drips. */
export const ANSWER_DEADLINE_MS = 120_000;

/**
 * One request and its answer, which end when the asker says so, when the LLM is closed, or when time is up. Whoever made
 * it aborts or disposes it.
 */
export class Exchange implements Disposable {
  readonly #stop = new AbortController();
  readonly #stopped = Promise.withResolvers<never>();
  readonly #clock: MonotonicClock;
  readonly #sources: readonly AbortSignal[];
  readonly #whole: Timer;
  readonly #onAbort: () => void;

  constructor(clock: MonotonicClock, sources: readonly AbortSignal[]) {
    this.#clock = clock;
    this.#sources = sources;
    // Nobody may be waiting when it is stopped.
    this.#stopped.promise.catch(() => undefined);
    this.#onAbort = () => this.abort(sources.find(({ aborted }) => aborted)?.reason);
    for (const source of sources) source.addEventListener('abort', this.#onAbort, { once: true });
    this.#whole = clock.setTimer(ANSWER_DEADLINE_MS, () => this.#expire(ANSWER_DEADLINE_MS));
    if (sources.some(({ aborted }) => aborted)) this.#onAbort();
  }

  /** For the request: aborting it closes its connection. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  abort(reason: unknown): void {
    this.#stop.abort(reason);
    this.#stopped.reject(this.#stop.signal.reason);
  }

  /**
   * Waits for a part of it. Rejects with `vendor_deadline` after `withinMs`, and with the reason when it is stopped; then
   * the whole exchange is over, whether the SDK notices or not.
   */
  async within<T>(withinMs: number, part: Promise<T>): Promise<T> {
    const timer = this.#clock.setTimer(withinMs, () => this.#expire(withinMs));
    // When the race is lost nobody else would hear of its failure.
    part.catch(() => undefined);
    try {
      const result = await Promise.race([part, this.#stopped.promise]);
      // The SDK ends a stopped stream as if it were whole.
      this.signal.throwIfAborted();
      return result;
    } catch (error) {
      this.signal.throwIfAborted();
      throw error;
    } finally {
      timer.cancel();
    }
  }

  /** From here on nobody but time stops it: the answer is whole, and only its end is still being read. */
  detach(): void {
    for (const source of this.#sources) source.removeEventListener('abort', this.#onAbort);
  }

  [Symbol.dispose](): void {
    this.detach();
    this.#whole.cancel();
    this.abort(new RingbackError('stopping'));
  }

  #expire(afterMs: number): void {
    this.abort(new RingbackError('vendor_deadline', [NAME, afterMs]));
  }
}
