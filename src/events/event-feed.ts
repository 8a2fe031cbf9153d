import type { Database, Subscription } from '../../db/database.ts';
import { eventBounds, eventsAfter, forgetEvents, type StoredEvent } from '../../db/event-store.ts';
import { EVENT_CHANNEL } from '../../db/telling.ts';
import type { Clock, Timer } from '../clock.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import { BackgroundTasks } from '../service.ts';

/** How long an event can still be asked for. */
const KEEP_MS = 3_600_000;
const FORGET_EVERY_MS = 300_000;
const PAGE = 500;
/**
 * Ids are given before the commit, so that a higher id may be seen before a lower one. Each read goes back by this
 * many; what was told already is left out. More writers at once than that would lose an event to a page that
 * refreshes with the next one.
 */
const LOOK_BACK = 64;
/**
 * From one read to the next: each takes what was looked at before once more, and a replica that holds calls is woken at
 * every word of theirs. While nobody listens it is only kept from falling far behind.
 */
const READ_EVERY_MS = 50;
const READ_UNHEARD_EVERY_MS = 1_000;

/** The changes of every replica, in the order of their ids. Whoever opens it closes it. */
export interface EventFeed extends AsyncDisposable {
  /**
   * Hears every event from now on, which is when it resolves at the latest. `hear` must not throw. With `afterId`, what
   * came since is replayed first; resolves to false, without a subscription, where that id is too old or never was.
   */
  subscribe(afterId: number | null, hear: (event: StoredEvent) => void): Promise<Disposable | false>;
}

/** Follows the `event` table: woken by NOTIFY, and by itself after each (re)connect of the listener. */
export function openEventFeed(options: { database: Database; clock: Clock; log: Log }): EventFeed {
  return new DatabaseEventFeed(options);
}

class DatabaseEventFeed implements EventFeed {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #listeners = new Set<(event: StoredEvent) => void>();
  readonly #told = new Set<number>();
  readonly #subscription: Subscription;
  readonly #tasks: BackgroundTasks;
  #newest = 0;
  /** Where the feed begins; null until it was asked for, or while that has failed. */
  #begun: Promise<void> | null = null;
  #reading = false;
  #again = false;
  #closed = false;
  #forget: Timer;
  /** Ends the pause between two reads. */
  #pause = new AbortController();

  constructor(options: { database: Database; clock: Clock; log: Log }) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#tasks = new BackgroundTasks((error) =>
      options.log.warn({ error }, 'events could not be read; trying again with the next one'),
    );
    this.#subscription = this.#database.listen(
      EVENT_CHANNEL,
      () => this.#wake(),
      () => this.#wake(),
    );
    this.#forget = this.#clock.setTimer(FORGET_EVERY_MS, () => this.#forgetOld());
  }

  async subscribe(afterId: number | null, hear: (event: StoredEvent) => void): Promise<Disposable | false> {
    if (this.#listeners.size === 0) this.#pause.abort(new RingbackError('stopping'));
    if (afterId === null) {
      this.#listeners.add(hear);
      // A database that is away keeps nobody out: they hear what comes once it is back.
      await this.#begin().catch(() => undefined);
      return { [Symbol.dispose]: () => this.#listeners.delete(hear) };
    }
    await this.#begin();
    const { oldest, newest } = await eventBounds(this.#database);
    if (afterId > newest || (afterId < oldest - 1 && afterId !== newest)) return false;
    // Live events wait until the replay is through; what both hold is told twice at most, never lost.
    const waiting: StoredEvent[] = [];
    let live: (event: StoredEvent) => void = (event) => void waiting.push(event);
    const forward = (event: StoredEvent): void => live(event);
    this.#listeners.add(forward);
    try {
      // A lower id may have been committed after the reader had seen a higher one: told twice is better than never.
      for (let from = Math.max(0, afterId - LOOK_BACK); ;) {
        const events = await eventsAfter(this.#database, from, PAGE);
        for (const event of events) hear(event);
        const last = events.at(-1);
        if (last === undefined || events.length < PAGE) break;
        from = last.id;
      }
    } catch (error) {
      this.#listeners.delete(forward);
      throw error;
    }
    for (const event of waiting) hear(event);
    live = hear;
    return { [Symbol.dispose]: () => this.#listeners.delete(forward) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#pause.abort(new RingbackError('stopping'));
    this.#forget.cancel();
    this.#subscription[Symbol.dispose]();
    this.#listeners.clear();
    await this.#tasks.settled();
  }

  /** What is there by now is told to nobody who does not ask for it. */
  #begin(): Promise<void> {
    return (this.#begun ??= this.#passOver().catch((error: unknown) => {
      this.#begun = null;
      throw error;
    }));
  }

  async #passOver(): Promise<void> {
    const { newest } = await eventBounds(this.#database);
    const there = await eventsAfter(this.#database, Math.max(0, newest - LOOK_BACK), PAGE);
    for (const { id } of there) this.#told.add(id);
    this.#newest = there.at(-1)?.id ?? newest;
  }

  #wake(): void {
    if (this.#closed) return;
    this.#again = true;
    if (this.#reading) return;
    this.#reading = true;
    this.#tasks.add(this.#read().finally(() => (this.#reading = false)));
  }

  async #read(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      await this.#begin();
      for (const event of await eventsAfter(this.#database, Math.max(0, this.#newest - LOOK_BACK), PAGE)) {
        if (this.#told.has(event.id)) continue;
        this.#tell(event);
        this.#newest = Math.max(this.#newest, event.id);
        this.#again = true;
      }
      for (const id of this.#told) if (id < this.#newest - LOOK_BACK) this.#told.delete(id);
      if (this.#again && !this.#closed) await this.#rest();
    }
  }

  async #rest(): Promise<void> {
    this.#pause = new AbortController();
    const ms = this.#listeners.size === 0 ? READ_UNHEARD_EVERY_MS : READ_EVERY_MS;
    // One that is ended is over all the same.
    await this.#clock.sleep(ms, this.#pause.signal).catch(() => undefined);
  }

  #tell(event: StoredEvent): void {
    this.#told.add(event.id);
    for (const hear of this.#listeners) hear(event);
  }

  #forgetOld(): void {
    if (this.#closed) return;
    this.#tasks.add(forgetEvents(this.#database, KEEP_MS));
    this.#forget = this.#clock.setTimer(FORGET_EVERY_MS, () => this.#forgetOld());
  }
}
