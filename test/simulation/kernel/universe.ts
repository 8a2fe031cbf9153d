/** One thing that will happen, unless it is called off. */
export interface Happening {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
  off: boolean;
}

/** After so many steps the thread is let breathe: messages and rejections that nobody handled are seen then. */
const BREATHE_EVERY = 2_000;

/**
 * Time itself, and everything that is still to happen in it, in one queue. Between two steps all that the step set off
 * runs until it waits for a later one: the real code never sees the queue, only clocks and answers that come when their
 * time has come.
 */
export class Universe {
  #nowMs = 0;
  #order = 0;
  #steps = 0;
  readonly #heap: Happening[] = [];

  /** True time, in milliseconds from the beginning; nobody in the simulation can read it. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** When the next thing happens. */
  get nextAtMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  get steps(): number {
    return this.#steps;
  }

  /** Runs `run` after `delayMs`; what was scheduled first for a moment runs first. */
  after(delayMs: number, run: () => void): Happening {
    const item = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run, off: false };
    this.#push(item);
    return item;
  }

  /** Runs step after step while `goOn` says so, and there is anything left to happen. */
  run(goOn: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        try {
          const next = goOn() ? this.#next() : undefined;
          if (next === undefined) return resolve();
          this.#nowMs = Math.max(this.#nowMs, next.atMs);
          this.#steps += 1;
          next.run();
        } catch (error) {
          return reject(error);
        }
        if (this.#steps % BREATHE_EVERY === 0) setImmediate(step);
        // A tick runs when every promise has run dry, and not a moment earlier.
        else queueMicrotask(() => process.nextTick(step));
      };
      setImmediate(step);
    });
  }

  #next(): Happening | undefined {
    let next = this.#pop();
    while (next?.off === true) next = this.#pop();
    return next;
  }

  #push(item: Happening): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !isBefore(item, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = item;
  }

  #pop(): Happening | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const left = heap[below];
      if (left === undefined) break;
      const right = heap[below + 1];
      let least = left;
      if (right !== undefined && isBefore(right, left)) {
        least = right;
        below += 1;
      }
      if (!isBefore(least, last)) break;
      heap[at] = least;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
