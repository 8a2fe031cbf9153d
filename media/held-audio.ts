/**
 * The last audio of one stream, which may have to be sent again. It keeps the chunks that it is given, and copies nothing
 * before it is asked to. Not bounded by itself: whoever holds it says how much is still needed.
 */
export class HeldAudio {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** More audio; the bytes are kept. */
  push(audio: Uint8Array): void {
    this.#chunks.push(audio);
    this.#bytes += audio.length;
  }

  /** Only the last so many bytes are still needed: chunks that lie before them are forgotten. */
  keep(bytes: number): void {
    let first = this.#chunks[0];
    while (first !== undefined && this.#bytes - first.length >= bytes) {
      this.#bytes -= first.length;
      this.#chunks.shift();
      first = this.#chunks[0];
    }
  }

  /** A copy of the last so many bytes, or of all where fewer are held. */
  last(bytes: number): Uint8Array {
    const copy = new Uint8Array(Math.min(this.#bytes, Math.max(0, bytes)));
    let end = copy.length;
    for (let index = this.#chunks.length - 1; index >= 0 && end > 0; index -= 1) {
      const chunk = this.#chunks[index];
      if (chunk === undefined) break;
      const part = chunk.subarray(Math.max(0, chunk.length - end));
      end -= part.length;
      copy.set(part, end);
    }
    return copy;
  }
}
