import type { MonotonicClock } from '../clock.ts';

/** More questions than this are not waited for: they have no answer. */
const MOST = 256;

/** Questions that were asked over a channel, each with a deadline. Closing it leaves none of them waiting. */
export class Asked implements Disposable {
  readonly #clock: MonotonicClock;
  readonly #waiting = new Map<number, (value: string | null) => void>();
  #ids = 0;

  constructor(clock: MonotonicClock) {
    this.#clock = clock;
  }

  /** Asks with an id of its own; resolves with the answer, or with null after so long. */
  ask(withinMs: number, send: (id: number) => void): Promise<string | null> {
    if (this.#waiting.size >= MOST) return Promise.resolve(null);
    const id = (this.#ids += 1);
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const timer = this.#clock.setTimer(withinMs, () => this.answer(id, null));
    this.#waiting.set(id, (value) => {
      timer.cancel();
      resolve(value);
    });
    send(id);
    return promise;
  }

  /** An answer came; one that nobody waits for any more is let go. */
  answer(id: number, value: string | null): void {
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.(value);
  }

  [Symbol.dispose](): void {
    for (const id of this.#waiting.keys()) this.answer(id, null);
  }
}
