/** A process that lived so long has not died of its start. */
const LIVED_MS = 60_000;
const FIRST_MS = 250;
const LONGEST_MS = 30_000;

/** When to start a dead process again: soon after the first death, ever later while it dies soon after its start. */
export class Restarts {
  #inARow = 0;

  /** Milliseconds to wait after a death, by how long it had lived. */
  afterDeath(livedMs: number): number {
    if (livedMs >= LIVED_MS) this.#inARow = 0;
    const delayMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.#inARow, 16));
    this.#inARow += 1;
    return delayMs;
  }
}
