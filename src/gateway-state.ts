import { RingbackError } from './errors.ts';

/** What the rooms of one process ask of it: where it is reached, whether it takes calls, whether it can go on. */
export class GatewayState {
  /** Why no new call is taken; null where calls are welcome. */
  draining: string | null = null;
  /** While draining: another replica takes the streams of calls whose webhooks still come here. */
  passesOn = false;
  /** What is there from the start is there. */
  built = false;
  readonly failed: Promise<never>;
  #publicUrl: string | null;
  readonly #fail: (error: unknown) => void;

  /** `publicUrl` as configured; null: the address that it will listen on. */
  constructor(publicUrl: string | null) {
    this.#publicUrl = publicUrl;
    const { promise, reject } = Promise.withResolvers<never>();
    // Whoever runs the gateway waits for it; until then a failure waits too.
    promise.catch(() => undefined);
    this.failed = promise;
    this.#fail = reject;
  }

  /** Throws `not_ready` before it listens, where none is configured. */
  get publicUrl(): string {
    if (this.#publicUrl === null) throw new RingbackError('not_ready', ['the gateway does not listen yet']);
    return this.#publicUrl;
  }

  listens(address: string): void {
    this.#publicUrl ??= address;
  }

  fail(error: RingbackError): void {
    this.#fail(error);
  }
}
