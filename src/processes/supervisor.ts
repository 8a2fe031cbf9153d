import type { MonotonicClock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import { Asked } from './asked.ts';
import { joinFigures } from './figures.ts';
import type { FromSibling, ToSibling } from './messages.ts';
import { Restarts } from './restarts.ts';

/** A process that was started and may be told things. */
export interface Sibling {
  readonly pid: number;
  /** To one that has ended: without effect. */
  send(message: ToSibling): void;
  /** Ends it at once, whatever it does. */
  kill(): void;
}

export interface SiblingEvents {
  onMessage(message: FromSibling): void;
  /** Once; nothing comes after it. */
  onExit(code: number | null, signal: string | null): void;
}

export interface SupervisorOptions {
  /** How many processes are to run. */
  readonly processes: number;
  /** Starts one. Must not throw. */
  readonly start: (events: SiblingEvents) => Sibling;
  /** The database that the supervisor brings along; a rejection leaves the question without an answer. */
  readonly databaseUrl: () => Promise<string>;
  readonly clock: MonotonicClock;
  readonly log: Log;
}

/** Why the processes can't go on, in words for the operator. */
export class SiblingFault extends Error {
  override readonly name = 'SiblingFault';
}

/** What it takes to end after the calls have: goodbyes, last writes, closing. Then it is killed. */
const LEAVE_MS = 30_000;
/** The same where calls are not waited for. */
const HURRY_MS = 15_000;
const FIGURES_MS = 2_000;
/** How often each of them is asked whether it still turns, and how long it may take to say so. */
const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 30_000;
/** It says hello before it opens anything; a machine that takes longer to load a program runs none. */
const HELLO_WITHIN_MS = 60_000;

interface Slot {
  readonly number: number;
  readonly restarts: Restarts;
  sibling: Sibling | null;
  /** It has said hello. */
  isThere: boolean;
  sinceMs: number;
  again: Timer | null;
  /** Until its hello, then until it is next asked whether it still turns. */
  ping: Timer | null;
}

/**
 * Keeps so many processes of the gateway running: one that dies is started again, one that says that it can't go on ends
 * them all. Whoever opens it disposes it, which ends them without waiting for calls.
 */
export class Supervisor implements AsyncDisposable {
  /** Never resolves; rejects with {@link SiblingFault}. */
  readonly failed: Promise<never>;
  readonly #options: SupervisorOptions;
  readonly #slots: readonly Slot[];
  readonly #figures: Asked;
  readonly #pings: Asked;
  readonly #fail: (error: SiblingFault) => void;
  #isEnding = false;
  #ended: PromiseWithResolvers<void> | null = null;
  #killer: Timer | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#figures = new Asked(options.clock);
    this.#pings = new Asked(options.clock);
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    this.failed = promise;
    this.#fail = reject;
    this.#slots = Array.from({ length: options.processes }, (_, index) => ({
      number: index + 1,
      restarts: new Restarts(),
      sibling: null,
      isThere: false,
      sinceMs: 0,
      again: null,
      ping: null,
    }));
    for (const slot of this.#slots) this.#start(slot, slot.number === 1);
  }

  /** Lets all of them end their calls; those that are still there some time after `withinMs` are killed. */
  drain(withinMs: number): Promise<void> {
    return this.#end('drain', withinMs + LEAVE_MS);
  }

  /** Ends all of them without waiting for calls. */
  hurry(): Promise<void> {
    return this.#end('hurry', HURRY_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hurry();
    this.#figures[Symbol.dispose]();
    this.#pings[Symbol.dispose]();
  }

  #start(slot: Slot, printsLink: boolean): void {
    slot.again = null;
    slot.isThere = false;
    slot.sinceMs = this.#options.clock.nowMs();
    const sibling = this.#options.start({
      onMessage: (message) => this.#hear(slot, sibling, message, printsLink),
      onExit: (code, signal) => this.#gone(slot, code, signal),
    });
    slot.sibling = sibling;
    this.#awaitHello(slot, sibling);
    this.#options.log.info({ process: slot.number, pid: sibling.pid }, 'a process was started');
  }

  #hear(slot: Slot, sibling: Sibling, message: FromSibling, printsLink: boolean): void {
    if (message.type === 'hello') {
      slot.isThere = true;
      slot.ping?.cancel();
      this.#watch(slot, sibling);
      return sibling.send({ type: 'begin', number: slot.number, printsLink });
    }
    if (message.type === 'pong') return this.#pings.answer(message.id, '');
    if (message.type === 'figures') return this.#figures.answer(message.id, message.text);
    if (message.type === 'failed') return this.#fail(new SiblingFault(message.fault));
    const { id, what } = message;
    const answer = what === 'database' ? this.#options.databaseUrl() : this.#allFigures();
    answer.then(
      (value) => sibling.send({ type: 'answer', id, value }),
      () => sibling.send({ type: 'answer', id, value: null }),
    );
  }

  /** One that hangs in its start has no ports yet, but is one too few, and nobody would know. */
  #awaitHello(slot: Slot, sibling: Sibling): void {
    const { clock, log } = this.#options;
    slot.ping = clock.setTimer(HELLO_WITHIN_MS, () => {
      log.error({ process: slot.number, withinMs: HELLO_WITHIN_MS }, 'a process did not start, and is killed');
      sibling.kill();
    });
  }

  /**
   * One that stands still would get its share of the connections all the same, and answer none of them. While they drain it
   * is asked as well: it would be waited for, for calls that it has lost.
   */
  #watch(slot: Slot, sibling: Sibling): void {
    const { clock, log } = this.#options;
    slot.ping = clock.setTimer(PING_EVERY_MS, () => {
      void this.#pings
        .ask(PONG_WITHIN_MS, (id) => sibling.send({ type: 'ping', id }))
        .then((pong) => {
          if (slot.sibling !== sibling) return;
          if (pong !== null) return this.#watch(slot, sibling);
          log.error({ process: slot.number, withinMs: PONG_WITHIN_MS }, 'a process stands still, and is killed');
          sibling.kill();
        });
    });
  }

  async #allFigures(): Promise<string> {
    const asked = this.#slots.map(async ({ number, sibling, isThere }) => {
      if (sibling === null || !isThere) return { number, text: null };
      return { number, text: await this.#figures.ask(FIGURES_MS, (id) => sibling.send({ type: 'figures', id })) };
    });
    return joinFigures(await Promise.all(asked));
  }

  #gone(slot: Slot, code: number | null, signal: string | null): void {
    const { log, clock } = this.#options;
    slot.sibling = null;
    slot.isThere = false;
    slot.ping?.cancel();
    if (this.#isEnding) {
      if (this.#slots.every(({ sibling }) => sibling === null)) this.#ended?.resolve();
      return;
    }
    const delayMs = slot.restarts.afterDeath(clock.nowMs() - slot.sinceMs);
    log.error(
      { process: slot.number, exit: code, signal, againInMs: delayMs },
      'a process has died, and is started again',
    );
    slot.again = clock.setTimer(delayMs, () => this.#start(slot, false));
  }

  async #end(how: 'drain' | 'hurry', withinMs: number): Promise<void> {
    const { clock, log } = this.#options;
    this.#isEnding = true;
    const ended = (this.#ended ??= Promise.withResolvers<void>());
    for (const slot of this.#slots) {
      slot.again?.cancel();
      slot.again = null;
      // One that does not listen yet has no calls, and would never hear of it.
      if (slot.isThere) slot.sibling?.send({ type: how });
      else slot.sibling?.kill();
    }
    if (this.#slots.every(({ sibling }) => sibling === null)) ended.resolve();
    this.#killer?.cancel();
    this.#killer = clock.setTimer(withinMs, () => {
      for (const { number, sibling } of this.#slots) {
        if (sibling === null) continue;
        log.error({ process: number }, 'a process did not end in time, and is killed');
        sibling.kill();
      }
    });
    await ended.promise;
    this.#killer.cancel();
  }
}
