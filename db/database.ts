import postgres from 'postgres';
import type { Clock } from '../src/clock.ts';
import { isRingbackError, RingbackError } from '../src/errors.ts';
import type { Log } from '../src/log.ts';
import { isTransactionConflict, statementFailure } from './failure.ts';
import { Hints } from './hints.ts';
import { Listener, type Subscription } from './listener.ts';
import { migrateDatabase } from './migrate.ts';
import { openOrm, type Orm, type Transaction } from './orm.ts';
import { Pool } from './pool.ts';
import { reasonOf } from './reasons.ts';
import { openSqlTag, type SqlTag } from './sql-tag.ts';
import { defaultDatabaseTimes, type DatabaseTimes } from './times.ts';

export type { Orm, Subscription, Transaction };
/** Takes a statement whose outcome is looked at with the commit; it is sent at once, in the order of the calls. */
export type Later = (statement: PromiseLike<unknown>) => void;

/** Connections of one process, beside the one that listens. */
const MAX_CONNECTIONS = 10;
/** Statements that may wait for a connection; the next one is refused with `queue_full`. */
const MAX_WAITING = 1_000;
/** How often a transaction is run again after a serialization failure or a deadlock. */
const MAX_CONFLICT_RETRIES = 3;
const OLDEST_SERVER = 140_000;

/** `lost`: it was ready once and cannot be reached, or only for reading. */
export type DatabaseState = 'connecting' | 'migrating' | 'ready' | 'lost' | 'closed';

/** The way to the database. Whoever opens it closes it. */
export interface Database extends AsyncDisposable {
  /** drizzle's builders. Each statement has a deadline; see `Pool.run` for what it throws. */
  readonly orm: Orm;
  /** The driver's tag for the few raw statements, under the same deadlines. */
  readonly sql: SqlTag;
  /**
   * Runs `run` in one transaction, at most `transactionMs` per try. Tried again, at most 3 times, when the server
   * says that it conflicted with another one (40001, 40P01): so `run` must do nothing but talk to the database.
   *
   * What `run` gives to `later` it need not wait for: it makes its journey together with the COMMIT, and where it fails
   * the server rolls back and the transaction rejects with its error.
   */
  transaction<T>(run: (tx: Transaction, later: Later) => Promise<T>): Promise<T>;
  /** Resolves when connected and migrated. Rejects only on abort (`signal.reason`) or once closed (`stopping`). */
  ready(signal?: AbortSignal): Promise<void>;
  readonly state: DatabaseState;
  /** Why it is not ready, in one sentence without secrets; null while it is. */
  readonly reason: string | null;
  /** See `Listener`: `onCatchUp` runs after each LISTEN that took effect, the first one included. */
  listen(channel: string, handler: (payload: string) => void, onCatchUp: () => void): Subscription;
  /** See `Listener.hold`. */
  hold(key: string, onLost: () => void): Disposable;
  /** Sends a hint to every process that listens; `payload` below 8,000 bytes. */
  notify(channel: string, payload: string): Promise<void>;
  /** Sends a hint of one line; those that come meanwhile share a notification. Each is heard by itself. See `Hints`. */
  hint(channel: string, hint: string): Promise<void>;
}

export interface DatabaseOptions {
  /** The database, or where to get it (the embedded one starts meanwhile); a function that rejects is asked again. */
  readonly url: string | (() => Promise<string>);
  /** The database itself when `url` is a transaction pooler: for LISTEN and migrations. */
  readonly directUrl?: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly times?: DatabaseTimes;
  /** Another folder of generated migrations; null leaves the schema alone. */
  readonly migrationsFolder?: string | null;
  /** Told once per cause that will not pass by waiting (a newer schema, a data directory in use). Trying goes on. */
  readonly onPermanentFailure?: (error: RingbackError) => void;
}

/** Returns at once: connecting and migrating happen in the background, with backoff, for as long as it takes. */
export function openDatabase(options: DatabaseOptions): Database {
  return new PostgresDatabase(options);
}

class PostgresDatabase implements Database {
  readonly orm: Orm;
  readonly sql: SqlTag;
  readonly #options: DatabaseOptions;
  readonly #times: DatabaseTimes;
  readonly #pool: Pool;
  readonly #listener: Listener;
  readonly #hints = new Hints((channel, payload) => this.notify(channel, payload));
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #url = '';
  #state: DatabaseState = 'connecting';
  #reason: string | null = 'connecting to the database';
  #wasReady = false;
  #readiness = Promise.withResolvers<void>();
  #lookSoon: () => void = () => undefined;
  #toldFailure: string | null = null;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#times = options.times ?? defaultDatabaseTimes;
    this.#pool = new Pool({
      clock: options.clock,
      times: this.#times,
      max: MAX_CONNECTIONS,
      maxWaiting: MAX_WAITING,
      onFailure: () => this.#lookSoon(),
    });
    this.orm = openOrm(this.#pool);
    // Makes statements only; those that run go through the pool.
    this.sql = openSqlTag(this.#pool, postgres({ max: 1 }));
    this.#listener = new Listener({
      clock: options.clock,
      log: options.log,
      times: this.#times,
      whenReady: async (signal) => {
        await this.ready(signal);
        return this.#directUrl();
      },
      notify: (channel, payload) => this.notify(channel, payload),
    });
    this.#running = this.#run();
  }

  get state(): DatabaseState {
    return this.#state;
  }

  get reason(): string | null {
    return this.#reason;
  }

  async ready(signal?: AbortSignal): Promise<void> {
    const stop = this.#stop.signal;
    const given = signal === undefined ? stop : AbortSignal.any([signal, stop]);
    given.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(given.reason);
    given.addEventListener('abort', onAbort, { once: true });
    try {
      while (this.#state !== 'ready') await Promise.race([this.#readiness.promise, aborted.promise]);
    } finally {
      given.removeEventListener('abort', onAbort);
    }
  }

  async transaction<T>(run: (tx: Transaction, later: Later) => Promise<T>): Promise<T> {
    for (let retries = 0; ; retries += 1) {
      const trailing: Promise<unknown>[] = [];
      const later: Later = (statement) => {
        const sent = Promise.resolve(statement);
        // Looked at below; until then its failure is not unheard.
        sent.catch(() => undefined);
        trailing.push(sent);
      };
      try {
        const result = await this.orm.transaction((tx) => run(tx, later));
        // A COMMIT after a failed statement is answered like any other, but rolls back: only the statement says so.
        await Promise.all(trailing);
        return result;
      } catch (error) {
        if (retries >= MAX_CONFLICT_RETRIES || !isTransactionConflict(error)) throw error;
        await this.#options.clock.sleep(10 * 2 ** retries, this.#stop.signal);
      }
    }
  }

  listen(channel: string, handler: (payload: string) => void, onCatchUp: () => void): Subscription {
    return this.#listener.subscribe(channel, handler, onCatchUp);
  }

  hold(key: string, onLost: () => void): Disposable {
    return this.#listener.hold(key, onLost);
  }

  async notify(channel: string, payload: string): Promise<void> {
    // Nothing is lost that a disk could keep, so the commit does not wait for one.
    await this.#pool.run(
      (sql) => sql`select set_config('synchronous_commit', 'off', true), pg_notify(${channel}, ${payload})`,
    );
  }

  hint(channel: string, hint: string): Promise<void> {
    return this.#hints.send(channel, hint);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === 'closed') return;
    this.#enter('closed', 'the process is stopping');
    this.#stop.abort(new RingbackError('stopping'));
    await this.#listener[Symbol.asyncDispose]();
    await this.#pool.close();
    await this.#running;
  }

  #directUrl(): string {
    return this.#options.directUrl ?? this.#url;
  }

  /** Connects and migrates, then watches; again from the start whenever that fails. */
  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let pauseMs = this.#times.retryFromMs;
    while (!signal.aborted) {
      try {
        await this.#connect(signal);
        pauseMs = this.#times.retryFromMs;
        await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#lose(error);
      }
      await this.#pause(pauseMs, false);
      pauseMs = Math.min(this.#times.retryToMs, pauseMs * 2);
    }
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { url, directUrl, clock, migrationsFolder: folder, log } = this.#options;
    this.#url = typeof url === 'string' ? url : await url();
    signal.throwIfAborted();
    this.#pool.connectTo({
      url: this.#url,
      pooled: directUrl !== undefined && directUrl !== this.#url,
    });
    await this.#probe();
    if (folder !== null) {
      if (!this.#wasReady) this.#enter('migrating', 'the database is being migrated');
      const applied = await migrateDatabase({
        url: this.#directUrl(),
        clock,
        times: this.#times,
        signal,
        allowNewer: this.#wasReady,
        ...(folder === undefined ? {} : { folder }),
      });
      if (applied > 0) log.info({ applied }, 'the database was migrated');
    }
    this.#wasReady = true;
    this.#toldFailure = null;
    this.#enter('ready', null);
    log.info({}, 'the database is ready');
  }

  /** Looks at the database now and then, and at once when a statement failed for want of a connection. */
  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#pause(this.#times.probeEveryMs, true);
      if (!signal.aborted) await this.#probe();
    }
  }

  async #probe(): Promise<void> {
    const [row] = await this.#pool.run(
      (sql) => sql<{ readOnly: boolean; version: number }[]>`
        select pg_is_in_recovery() or current_setting('transaction_read_only')::bool as "readOnly",
               current_setting('server_version_num')::int as version`,
    );
    if (row === undefined) throw new RingbackError('database_unavailable');
    if (row.version < OLDEST_SERVER) throw new RingbackError('not_ready', ['Postgres 14 or newer is needed']);
    // A demoted primary, or a standby behind the same name: nothing may be promised on it.
    if (row.readOnly) throw new RingbackError('not_ready', ['the database is read-only']);
  }

  #lose(error: unknown): void {
    const reason = reasonOf(error);
    const state = this.#wasReady ? 'lost' : 'connecting';
    if (this.#reason !== reason || this.#state !== state)
      this.#options.log.warn({ why: reason, ...statementFailure(error) }, 'the database is not ready');
    this.#enter(state, reason);
    if (!isRingbackError(error) || error.retryable || this.#toldFailure === error.code) return;
    this.#toldFailure = error.code;
    this.#options.onPermanentFailure?.(error);
  }

  #enter(state: DatabaseState, reason: string | null): void {
    if (this.#state === 'closed') return;
    this.#state = state;
    this.#reason = reason;
    if (state !== 'ready') return;
    this.#readiness.resolve();
    this.#readiness = Promise.withResolvers();
  }

  /** Ends after `delayMs`, or when the process stops; when `nudged`, also when a statement found the database away. */
  async #pause(delayMs: number, nudged: boolean): Promise<void> {
    const ended = new AbortController();
    const asked = Promise.withResolvers<void>();
    // While it is away everybody fails all the time: then only the backoff decides.
    this.#lookSoon = nudged ? asked.resolve : () => undefined;
    const timer = this.#options.clock.setTimer(delayMs, asked.resolve);
    this.#stop.signal.addEventListener('abort', () => asked.resolve(), {
      once: true,
      signal: ended.signal,
    });
    if (this.#stop.signal.aborted) asked.resolve();
    await asked.promise;
    timer.cancel();
    ended.abort();
  }
}
