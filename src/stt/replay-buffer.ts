/**
 * What was heard and is not yet understood for good, so that it can be sent again on another connection. Positions are
 * bytes since the stream began. Bounded: at the bound the oldest goes. Nothing to close.
 */
export class ReplayBuffer {
  readonly #mostBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #startByte = 0;
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Where the oldest byte that is kept stands. */
  get startByte(): number {
    return this.#startByte;
  }

  get endByte(): number {
    return this.#startByte + this.#bytes;
  }

  /** Keeps `chunk` itself. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes > this.#mostBytes) this.#dropChunk();
  }

  /** Forgets what stands before `byte`. */
  trim(byte: number): void {
    for (;;) {
      const [first] = this.#chunks;
      const over = byte - this.#startByte;
      if (first === undefined || over <= 0) return;
      if (over < first.length) {
        this.#chunks[0] = first.subarray(over);
        this.#startByte += over;
        this.#bytes -= over;
        return;
      }
      this.#dropChunk();
    }
  }

  /** The chunk that begins at `byte`, or the rest of the one that it stands in; undefined at the end. */
  at(byte: number): Uint8Array | undefined {
    let from = this.endByte;
    // Asked after each chunk that was sent: not to be looked for through all that is kept.
    if (byte >= from) return undefined;
    for (let index = this.#chunks.length - 1; index >= 0; index -= 1) {
      const chunk = this.#chunks[index];
      if (chunk === undefined) break;
      from -= chunk.length;
      if (byte >= from && byte < from + chunk.length) return byte === from ? chunk : chunk.subarray(byte - from);
    }
    return undefined;
  }

  #dropChunk(): void {
    const dropped = this.#chunks.shift();
    this.#startByte += dropped?.length ?? 0;
    this.#bytes -= dropped?.length ?? 0;
  }
}
