/**
 * What was heard and is not yet understood for good, so that it can be sent again on another connection. Positions are
 * bytes since the stream began. Bounded: at the bound the oldest goes, in whole parts. Its memory is one ring, taken with
 * the first audio and used again and again: in the middle of a call there is nothing to collect. Nothing to close.
 */
export class ReplayBuffer {
  readonly #mostBytes: number;
  readonly #partBytes: number;
  #ring = new Uint8Array(0);
  #startByte = 0;
  #endByte = 0;

  /** Parts of `partBytes` that stand at a multiple of it are read in one piece. */
  constructor(mostBytes: number, partBytes: number) {
    this.#partBytes = partBytes;
    this.#mostBytes = Math.ceil(mostBytes / partBytes) * partBytes;
  }

  /** Where the oldest byte that is kept stands. */
  get startByte(): number {
    return this.#startByte;
  }

  get endByte(): number {
    return this.#endByte;
  }

  /** Copies `audio`, of any length. */
  push(audio: Uint8Array): void {
    if (this.#ring.length === 0) this.#ring = new Uint8Array(this.#mostBytes);
    const ring = this.#ring;
    for (let from = 0; from < audio.length;) {
      const at = this.#endByte % ring.length;
      const length = Math.min(audio.length - from, ring.length - at);
      ring.set(length === audio.length ? audio : audio.subarray(from, from + length), at);
      from += length;
      this.#endByte += length;
    }
    while (this.#endByte - this.#startByte > this.#mostBytes)
      this.#startByte += this.#partBytes - (this.#startByte % this.#partBytes);
  }

  /** Forgets what stands before `byte`. */
  trim(byte: number): void {
    this.#startByte = Math.max(this.#startByte, Math.min(byte, this.#endByte));
  }

  /**
   * What stands at `byte`, up to `untilByte`, or less of it: undefined where nothing of it is kept. It is overwritten by
   * what comes later.
   */
  read(byte: number, untilByte: number): Uint8Array | undefined {
    if (byte < this.#startByte || byte >= Math.min(untilByte, this.#endByte)) return undefined;
    const at = byte % this.#ring.length;
    return this.#ring.subarray(at, at + Math.min(untilByte, this.#endByte) - byte);
  }
}
