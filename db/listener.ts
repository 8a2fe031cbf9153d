import { randomUUID } from 'node:crypto';
import type { MonotonicClock } from '../src/clock.ts';
import { RingbackError } from '../src/errors.ts';
import type { Log } from '../src/log.ts';
import { openClient, type Client } from './client.ts';
import { within } from './deadline.ts';
import { statementFailure } from './failure.ts';
import { hintsOf } from './hints.ts';
import type { DatabaseTimes } from './times.ts';

/** One interest in a channel. Closing it twice does nothing. */
export interface Subscription extends Disposable {
  close(): void;
}

export interface ListenerOptions {
  /** Resolves with the URL to listen on when the database is ready; asked before each connection. */
  readonly whenReady: (signal: AbortSignal) => Promise<string>;
  /** Sends a notification on another connection: a heartbeat over our own one would not show that others are heard. */
  readonly notify: (channel: string, payload: string) => Promise<void>;
  readonly clock: MonotonicClock;
  readonly log: Log;
  readonly times: DatabaseTimes;
}

interface Interest {
  readonly channel: string;
  readonly onPayload: (payload: string) => void;
  readonly onCatchUp: () => void;
  /** The connection on which this one has been caught up. */
  caughtUpOn: Client | null;
}

/** The class of our session locks among all advisory locks of a database, "RING" in ASCII; the other half is `hashtext(key)`. */
export const SESSION_LOCK_CLASS = 0x52_49_4e_47;

interface SessionLock {
  readonly key: string;
  readonly onLost: () => void;
  heldOn: Client | null;
}

/**
 * The process's one connection for LISTEN.
 *
 * A notification is a hint: those sent while the connection was away are lost. So after each LISTEN that took effect
 * `onCatchUp` is called, and whoever subscribed looks at the tables. A link that died without a word is noticed by a
 * notification to ourselves that is not heard.
 */
export class Listener implements AsyncDisposable {
  readonly #options: ListenerOptions;
  readonly #interests = new Set<Interest>();
  readonly #locks = new Set<SessionLock>();
  readonly #heartbeatChannel = `ringback_heartbeat_${randomUUID().replaceAll('-', '')}`;
  readonly #stop = new AbortController();
  #expected: { readonly token: string; readonly onHeard: () => void } | null = null;
  #changed: () => void = () => undefined;
  #running: Promise<void> | null = null;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Handlers are called in turn and must not throw; one that does is logged and the others still run. */
  subscribe(channel: string, onPayload: (payload: string) => void, onCatchUp: () => void): Subscription {
    const interest: Interest = { channel, onPayload, onCatchUp, caughtUpOn: null };
    this.#interests.add(interest);
    this.#running ??= this.#run();
    this.#changed();
    const close = (): void => {
      // The channel stays listened to until the connection is rebuilt; without an interest its payloads are dropped.
      this.#interests.delete(interest);
    };
    return { close, [Symbol.dispose]: close };
  }

  /**
   * Holds an advisory lock of the session while the connection stands: when the process dies the server lets go of it at
   * once. Taken only where a notification to ourselves was heard, since behind a transaction pooler a session is nobody's.
   * `onLost` is called when the connection is gone; then it is taken again on the next one.
   */
  hold(key: string, onLost: () => void): Disposable {
    const lock: SessionLock = { key, onLost, heldOn: null };
    this.#locks.add(lock);
    return { [Symbol.dispose]: () => void this.#locks.delete(lock) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#interests.clear();
    this.#locks.clear();
    this.#stop.abort(new RingbackError('stopping'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log, times } = this.#options;
    const { signal } = this.#stop;
    let pauseMs = times.retryFromMs;
    while (!signal.aborted) {
      try {
        const url = await this.#options.whenReady(signal);
        await this.#serve(url, () => (pauseMs = times.retryFromMs));
      } catch (error) {
        if (signal.aborted) return;
        log.warn(statementFailure(error), 'the listening connection is rebuilt');
      }
      try {
        await clock.sleep(pauseMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      pauseMs = Math.min(times.retryToMs, pauseMs * 2);
    }
  }

  /** Listens on one connection until it breaks (rejects with why) or the listener stops. */
  async #serve(url: string, onHealthy: () => void): Promise<void> {
    const broken = Promise.withResolvers<never>();
    const left = new AbortController();
    const client = openClient({
      url,
      clock: this.#options.clock,
      times: this.#options.times,
      serverLimits: true,
      prepare: false,
      onNotify: (channel, payload) => this.#deliver(channel, payload),
      onClose: () => broken.reject(new RingbackError('database_unavailable')),
    });
    try {
      await Promise.race([
        broken.promise,
        this.#listenAndBeat(client, AbortSignal.any([this.#stop.signal, left.signal]), onHealthy),
      ]);
    } finally {
      left.abort();
      for (const lock of this.#locks) {
        if (lock.heldOn !== client) continue;
        lock.heldOn = null;
        this.#call('session lock', lock.onLost);
      }
      await client.close(0);
    }
  }

  async #listenAndBeat(client: Client, signal: AbortSignal, onHealthy: () => void): Promise<void> {
    const listening = new Set<string>();
    const listenTo = async (channel: string): Promise<void> => {
      if (listening.has(channel)) return;
      await this.#ask(client.sql`listen ${client.sql(channel)}`);
      listening.add(channel);
    };
    await listenTo(this.#heartbeatChannel);
    while (!signal.aborted) {
      // Armed before the look, so that one who subscribes meanwhile is not missed.
      const changed = Promise.withResolvers<'changed'>();
      this.#changed = () => changed.resolve('changed');
      for (const interest of this.#interests) {
        if (interest.caughtUpOn === client) continue;
        await listenTo(interest.channel);
        interest.caughtUpOn = client;
        this.#call(interest.channel, interest.onCatchUp);
      }
      onHealthy();
      if ((await this.#nextBeat(changed.promise, signal)) === 'beat' && (await this.#beat(client)))
        await this.#takeLocks(client);
    }
  }

  /** Waits for the next heartbeat's time, or for a new subscription, or for the end. */
  async #nextBeat(changed: Promise<'changed'>, signal: AbortSignal): Promise<'beat' | 'changed' | 'ended'> {
    const waited = new AbortController();
    const beat = this.#options.clock
      .sleep(this.#options.times.heartbeatEveryMs, AbortSignal.any([signal, waited.signal]))
      .then(
        () => 'beat' as const,
        () => 'ended' as const,
      );
    const next = await Promise.race([beat, changed]);
    waited.abort();
    return next;
  }

  async #takeLocks(client: Client): Promise<void> {
    for (const lock of this.#locks) {
      if (lock.heldOn === client) continue;
      const [row] = await this.#ask(
        client.sql<{ held: boolean }[]>`
          select pg_try_advisory_lock(${SESSION_LOCK_CLASS}::int, hashtext(${lock.key}::text)) as held`,
      );
      if (row?.held === true) lock.heldOn = client;
    }
  }

  /** Whether it was heard. */
  async #beat(client: Client): Promise<boolean> {
    const { clock, times, notify, log } = this.#options;
    const token = randomUUID();
    const heard = Promise.withResolvers<void>();
    this.#expected = { token, onHeard: heard.resolve };
    try {
      await notify(this.#heartbeatChannel, token);
    } catch (error) {
      // Nothing was sent, so nothing is proved about this connection: ask it directly.
      log.debug(statementFailure(error), 'the heartbeat could not be sent');
      await this.#ask(client.sql`select 1`);
      return false;
    }
    await within(
      clock,
      times.heartbeatWithinMs,
      heard.promise,
      () => new RingbackError('query_deadline', [times.heartbeatWithinMs]),
    );
    return true;
  }

  #ask<T>(work: PromiseLike<T>): Promise<T> {
    const { clock, times } = this.#options;
    return within(clock, times.queryMs, work, () => new RingbackError('query_deadline', [times.queryMs]));
  }

  #deliver(channel: string, payload: string): void {
    if (channel === this.#heartbeatChannel) {
      if (this.#expected?.token === payload) this.#expected.onHeard();
      return;
    }
    for (const interest of this.#interests) {
      if (interest.channel !== channel) continue;
      for (const hint of hintsOf(payload)) this.#call(channel, () => interest.onPayload(hint));
    }
  }

  #call(channel: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#options.log.error({ channel, ...statementFailure(error) }, 'a listener of a notification channel threw');
    }
  }
}
