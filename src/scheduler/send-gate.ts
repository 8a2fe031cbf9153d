import { RingbackError } from '../errors.ts';

/**
 * The last look before the first byte of a request, and what it said: only a refusal of ours, before anything was let
 * through, proves that nothing was sent.
 */
export class SendGate {
  readonly #stopReason: () => string | undefined;
  readonly #onPassed: () => void;
  #told = false;
  /** The request may have been sent. */
  passed = false;
  /** The error that `pass` threw. */
  refused: RingbackError | null = null;

  /** `stopReason` says why it is too late, or undefined; `onPassed` is called once, when the request is on its way. */
  constructor(stopReason: () => string | undefined, onPassed: () => void) {
    this.#stopReason = stopReason;
    this.#onPassed = onPassed;
  }

  /** Why nothing may be sent any more; undefined where it may. */
  look(): RingbackError | undefined {
    const reason = this.#stopReason();
    return reason === undefined ? undefined : new RingbackError('dial_aborted', [reason]);
  }

  /** For the carrier, when its connection stands: throws `dial_aborted` when it has become too late. */
  pass(): void {
    const refused = this.look();
    if (refused !== undefined) {
      this.refused = refused;
      throw refused;
    }
    this.passed = true;
    // In a moment: first the request is written.
    queueMicrotask(() => this.tell());
  }

  /** The request was sent, as far as anybody knows. */
  tell(): void {
    if (this.#told) return;
    this.#told = true;
    this.#onPassed();
  }
}
