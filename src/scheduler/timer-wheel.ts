import type { MonotonicClock, Timer } from '../clock.ts';

/** One thing that has a time. `dueMs` is on the wheel's own time, see `TimerWheelOptions.nowMs`. */
export interface WheelItem {
  readonly id: string;
  readonly dueMs: number;
}

export interface TimerWheelOptions<Item extends WheelItem> {
  readonly clock: MonotonicClock;
  /** The time by which items are due, in milliseconds; it runs as fast as `clock`. After it jumped, call `rearm`. */
  readonly nowMs: () => number;
  /** Called once per item at or after its time, in the order of times, then of insertion. Must not throw. */
  readonly onDue: (item: Item) => void;
  /** More items are refused. */
  readonly most: number;
}

interface Entry<Item> {
  readonly item: Item;
  readonly dueMs: number;
  readonly order: number;
}

/** One slot of the far level. */
const SLOT_MS = 1_000;
/** The wheel looks up at least this often, so that a time that jumped is seen. */
const LONGEST_LEG_MS = 30_000;

/**
 * The near timers of this process, in two levels: whole seconds as unordered slots, and the items of the seconds that
 * have begun in order. Tickless: one timer of the clock is armed, for the next thing to do. Inserting into a far slot
 * and cancelling there cost the same however many wait. Never early by its time. Whoever opens it disposes it.
 */
export class TimerWheel<Item extends WheelItem> implements Disposable {
  readonly #options: TimerWheelOptions<Item>;
  readonly #entries = new Map<string, Entry<Item>>();
  readonly #slots = new Map<number, Set<Entry<Item>>>();
  /** Latest first, so that the next one is taken off the end. */
  readonly #near: Entry<Item>[] = [];
  /** The last second whose items are in `#near`. */
  #openedTo = Number.NEGATIVE_INFINITY;
  #order = 0;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #armed: Timer | null = null;
  #firing = false;

  constructor(options: TimerWheelOptions<Item>) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** Puts an item in, instead of the one with its id if there is one. False where the wheel is full. */
  insert(item: Item): boolean {
    if (!Number.isFinite(item.dueMs)) throw new Error('a timer needs a time');
    this.cancel(item.id);
    if (this.#entries.size >= this.#options.most) return false;
    const entry = { item, dueMs: item.dueMs, order: this.#order++ };
    this.#entries.set(item.id, entry);
    const second = secondOf(entry.dueMs);
    if (second <= this.#openedTo) this.#near.splice(this.#placeOf(entry), 0, entry);
    else this.#slot(second).add(entry);
    if (!this.#firing && this.#nextLookMs(entry.dueMs) < this.#wakeAtMs) this.#arm();
    return true;
  }

  /** False where there was none. */
  cancel(id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#entries.delete(id);
    const second = secondOf(entry.dueMs);
    const slot = this.#slots.get(second);
    if (slot?.delete(entry) === true) {
      if (slot.size === 0) this.#slots.delete(second);
    } else this.#near.splice(this.#placeOf(entry), 1);
    return true;
  }

  /** Gives an item another time; it then comes after those that had that time before. False where there is none. */
  move(id: string, dueMs: number): boolean {
    const entry = this.#entries.get(id);
    return entry !== undefined && this.insert({ ...entry.item, dueMs });
  }

  /** Looks at the time anew: to be called when it jumped. */
  rearm(): void {
    if (!this.#firing) this.#fire();
  }

  /** Forgets everything. The wheel can be used again. */
  clear(): void {
    this.#entries.clear();
    this.#slots.clear();
    this.#near.length = 0;
    this.#disarm();
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  #fire(): void {
    this.#firing = true;
    try {
      for (;;) {
        this.#open(secondOf(this.#options.nowMs()));
        const next = this.#near.at(-1);
        if (next === undefined || next.dueMs > this.#options.nowMs()) break;
        this.#near.pop();
        this.#entries.delete(next.item.id);
        this.#options.onDue(next.item);
      }
    } finally {
      this.#firing = false;
      this.#arm();
    }
  }

  /** Brings the items of all seconds up to this one into order. */
  #open(second: number): void {
    if (second <= this.#openedTo) return;
    this.#openedTo = second;
    let opened = false;
    for (const [key, slot] of this.#slots) {
      if (key > second) continue;
      this.#slots.delete(key);
      for (const entry of slot) this.#near.push(entry);
      opened = true;
    }
    if (opened) this.#near.sort(latestFirst);
  }

  #arm(): void {
    this.#disarm();
    if (this.#entries.size === 0) return;
    const nowMs = this.#options.nowMs();
    let wakeAtMs = this.#near.at(-1)?.dueMs ?? Number.POSITIVE_INFINITY;
    for (const second of this.#slots.keys()) wakeAtMs = Math.min(wakeAtMs, second * SLOT_MS);
    this.#wakeAtMs = Math.min(wakeAtMs, nowMs + LONGEST_LEG_MS);
    this.#armed = this.#options.clock.setTimer(Math.max(0, this.#wakeAtMs - nowMs), () => this.#fire());
  }

  #disarm(): void {
    this.#armed?.cancel();
    this.#armed = null;
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
  }

  /** When something has to be done for an item: at its time, or when its second begins and it is put in order. */
  #nextLookMs(dueMs: number): number {
    const second = secondOf(dueMs);
    return second <= this.#openedTo ? dueMs : second * SLOT_MS;
  }

  #slot(second: number): Set<Entry<Item>> {
    const found = this.#slots.get(second);
    if (found !== undefined) return found;
    const made = new Set<Entry<Item>>();
    this.#slots.set(second, made);
    return made;
  }

  /** Where the entry stands in `#near`, or would stand. */
  #placeOf(entry: Entry<Item>): number {
    let from = 0;
    let to = this.#near.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const there = this.#near[middle];
      if (there !== undefined && latestFirst(there, entry) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

function secondOf(dueMs: number): number {
  return Math.floor(dueMs / SLOT_MS);
}

function latestFirst<Item>(a: Entry<Item>, b: Entry<Item>): number {
  return b.dueMs - a.dueMs || b.order - a.order;
}
