import type { Sql, TransactionSql } from 'postgres';
import type { MonotonicClock } from '../src/clock.ts';
import { isRingbackError, RingbackError } from '../src/errors.ts';
import { openClient, type Client } from './client.ts';
import { within } from './deadline.ts';
import { isConnectionFailure } from './failure.ts';
import { Gate } from './gate.ts';
import type { DatabaseTimes } from './times.ts';

/** Where the pool connects to. */
export interface PoolTarget {
  readonly url: string;
  /** True when a transaction pooler stands between: no start-up parameters, no prepared statements. */
  readonly pooled: boolean;
}

/**
 * Connections with a deadline on everything.
 *
 * The server ends a slow statement (`statement_timeout`) before our deadline does. So when our deadline passes, the
 * server is frozen or the link is dead, on every connection alike: the whole client is retired and a new one serves
 * what comes next, which is what makes statements work again at once when the server is back.
 *
 * The gate keeps statements that have no connection on our side of the driver. There a refused statement was never
 * sent; inside the driver it would wait behind another one on the same connection and might still run later.
 */
export class Pool {
  readonly #clock: MonotonicClock;
  readonly #times: DatabaseTimes;
  readonly #max: number;
  readonly #gate: Gate;
  readonly #onFailure: (error: unknown) => void;
  readonly #retiring = new Set<Promise<void>>();
  #target: PoolTarget | null = null;
  #client: Client | null = null;
  #closed = false;
  /** The mapping of types that drizzle chose; each new client gets it. */
  readonly types: Pick<Sql['options'], 'parsers' | 'serializers'> = {
    parsers: {},
    serializers: {},
  };

  /** `onFailure` hears of each failure that is about the way to the database. */
  constructor(options: {
    clock: MonotonicClock;
    times: DatabaseTimes;
    max: number;
    maxWaiting: number;
    onFailure: (error: unknown) => void;
  }) {
    this.#clock = options.clock;
    this.#times = options.times;
    this.#max = options.max;
    this.#gate = new Gate({
      clock: options.clock,
      slots: options.max,
      maxWaiting: options.maxWaiting,
    });
    this.#onFailure = options.onFailure;
  }

  /** Sets or changes the target; connections to an earlier one end when their statements have. */
  connectTo(target: PoolTarget): void {
    if (this.#target?.url === target.url) return;
    this.#target = target;
    if (this.#client !== null) this.#retire(this.#client);
  }

  /**
   * Runs one statement on a free connection.
   *
   * @throws `query_deadline` and `database_unavailable` (in both cases a write may or may not have happened),
   *   `queue_full`, else the driver's error.
   */
  run<T>(start: (sql: Sql) => PromiseLike<T>): Promise<T> {
    return this.#occupy(this.#times.queryMs, (client) => start(client.sql));
  }

  /**
   * Runs `body` between BEGIN and COMMIT; a rejection rolls back. Bounded by `transactionMs` as a whole and by `queryMs`
   * per statement (see `statement`). A body that outlives the deadline is not committed.
   */
  transaction<T>(body: (tx: TransactionSql, statement: StatementRunner) => Promise<T>): Promise<T> {
    return this.#occupy(this.#times.transactionMs, async (client, run) => {
      const lost = Promise.withResolvers<never>();
      const refuseLate = (): void => {
        if (run.over) throw new RingbackError('query_deadline', [this.#times.transactionMs]);
      };
      const statement: StatementRunner = async (start) => {
        refuseLate();
        try {
          return await this.#guard(client, this.#times.queryMs, start);
        } catch (error) {
          // Without this the driver would wait for its ROLLBACK on a connection that does not answer.
          if (isRingbackError(error)) lost.reject(error);
          throw error;
        }
      };
      const outcome: { value?: T } = {};
      const committed = client.sql.begin(async (tx) => {
        outcome.value = await body(tx, statement);
        refuseLate();
      });
      await Promise.race([committed, lost.promise]);
      return outcome.value as T;
    });
  }

  /** Ends everything: waits up to `transactionMs` for what runs. Afterwards each call fails with `stopping`. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#client !== null) this.#retire(this.#client);
    await Promise.all(this.#retiring);
  }

  async #occupy<T>(deadlineMs: number, work: Work<T>): Promise<T> {
    // Asked before the line as well, so that a database that was never there fails at once.
    this.#openClient();
    const leave = await this.#gate.enter(this.#times.queryMs);
    try {
      return await this.#guard(this.#openClient(), deadlineMs, work);
    } finally {
      leave();
    }
  }

  async #guard<T>(client: Client, deadlineMs: number, work: Work<T>): Promise<T> {
    const run = { over: false };
    try {
      return await within(this.#clock, deadlineMs, work(client, run), () => {
        this.#retire(client);
        return new RingbackError('query_deadline', [deadlineMs]);
      });
    } catch (error) {
      if (isRingbackError(error)) {
        if (error.code === 'query_deadline') this.#onFailure(error);
        throw error;
      }
      if (!isConnectionFailure(error)) throw error;
      this.#onFailure(error);
      throw new RingbackError('database_unavailable', [], { cause: error });
    } finally {
      run.over = true;
    }
  }

  #openClient(): Client {
    if (this.#closed) throw new RingbackError('stopping');
    if (this.#client !== null) return this.#client;
    if (this.#target === null) throw new RingbackError('database_unavailable');
    const client = openClient({
      url: this.#target.url,
      max: this.#max,
      clock: this.#clock,
      times: this.#times,
      serverLimits: !this.#target.pooled,
      prepare: !this.#target.pooled,
      // postgres.js 3.4.9 loses statements on a connection that was just lost, and may not greet the server when it
      // opens it again. So a client that lost one connection takes nothing new.
      onClose: () => this.#retire(client),
    });
    Object.assign(client.sql.options.parsers, this.types.parsers);
    Object.assign(client.sql.options.serializers, this.types.serializers);
    this.#client = client;
    return client;
  }

  #retire(client: Client): void {
    if (this.#client !== client) return;
    this.#client = null;
    const closing = client.close(this.#times.transactionMs).finally(() => this.#retiring.delete(closing));
    this.#retiring.add(closing);
  }
}

/** `run.over` turns true when nobody waits for the work any more. */
type Work<T> = (client: Client, run: { readonly over: boolean }) => PromiseLike<T>;

/** Runs one statement of a transaction under the deadline for statements. */
export type StatementRunner = <T>(start: () => PromiseLike<T>) => Promise<T>;
