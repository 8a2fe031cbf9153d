/**
 * What starts, runs in the background and stops. `start` returns at once; `started` resolves when the service
 * does its work; `stop` may be called twice, before or after `started`, and resolves when nothing of it is left.
 */
export interface Service extends AsyncDisposable {
  readonly name: string;
  start(): void;
  started(): Promise<void>;
  stop(): Promise<void>;
}

/** Counts promises that run in the background, so that a stop can wait for all of them. */
export class BackgroundTasks {
  readonly #running = new Set<Promise<void>>();
  readonly #onError: (error: unknown) => void;

  /** `onError` hears each failure; it must not throw. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get size(): number {
    return this.#running.size;
  }

  /** Owns a promise until it settles. */
  add(task: Promise<unknown>): void {
    const owned: Promise<void> = task.then(
      () => void this.#running.delete(owned),
      (error: unknown) => {
        this.#running.delete(owned);
        this.#onError(error);
      },
    );
    this.#running.add(owned);
  }

  /** Resolves when everything owned has settled, also what was added meanwhile. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
