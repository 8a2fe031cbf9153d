/** So many are kept for the next one who wants one; more were in use at once only where the disk was slow. */
const MOST_KEPT = 32;

/**
 * Memory for the pieces of audio that wait for the disk, used again and again by all recordings of a process: each lives
 * for some milliseconds, and every call has one every other second. Nothing to close.
 */
export class Pieces {
  readonly #kept: Buffer[] = [];

  /** A copy of these bytes. Whoever took it gives it back once nobody reads it any more. */
  copyOf(bytes: Uint8Array): Buffer {
    const index = this.#kept.findLastIndex((piece) => piece.length === bytes.length);
    const [kept] = index < 0 ? [] : this.#kept.splice(index, 1);
    const piece = kept ?? Buffer.allocUnsafeSlow(bytes.length);
    piece.set(bytes);
    return piece;
  }

  giveBack(piece: Buffer): void {
    if (this.#kept.length === MOST_KEPT) this.#kept.shift();
    this.#kept.push(piece);
  }
}
