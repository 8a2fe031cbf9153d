/** How many lines are kept for the report of a failure. */
const KEPT = 60;

/** Everything that happened, in order, as a hash that two runs of one seed must share, and the last lines of it. */
export class Trace {
  readonly #print: ((line: string) => void) | null;
  readonly #last: string[] = [];
  #a = 0x811c_9dc5;
  #b = 0x1000_193;

  /** `print` sees every line. */
  constructor(print: ((line: string) => void) | null) {
    this.#print = print;
  }

  add(atMs: number, who: string, what: string): void {
    const line = `${atMs.toFixed(3)} ${who} ${what}`;
    for (let index = 0; index < line.length; index += 1) {
      const code = line.charCodeAt(index);
      this.#a = Math.imul(this.#a ^ code, 0x0100_0193);
      this.#b = Math.imul(this.#b ^ code, 0x85eb_ca6b) ^ (this.#b >>> 13);
    }
    this.#last.push(line);
    if (this.#last.length > 2 * KEPT) this.#last.splice(0, KEPT);
    this.#print?.(line);
  }

  get hash(): string {
    return [this.#a, this.#b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }

  get last(): readonly string[] {
    return this.#last.slice(-KEPT);
  }
}
