import type { Sql, TransactionSql } from 'postgres';
import type { MonotonicClock } from '../src/clock.ts';
import { isRingbackError, RingbackError } from '../src/errors.ts';
import { openClient, type Client } from './client.ts';
import { within } from './deadline.ts';
import { isConnectionFailure, isConnectionOver, isConnectionRefused } from './failure.ts';
import { Gate } from './gate.ts';
import type { DatabaseTimes } from './times.ts';

/** Where the pool connects to. */
export interface PoolTarget {
  readonly url: string;
  /** True when a transaction pooler stands between: no start-up parameters, no prepared statements. */
  readonly pooled: boolean;
}

/** How often one statement is put back in line because there is no room for its connection. */
const MOST_REFUSALS = 3;

/**
 * Connections with a deadline on everything.
 *
 * The server ends a slow statement (`statement_timeout`) before our deadline does. So when our deadline passes, the
 * server is frozen or the link is dead, on every connection alike: all are retired and new ones serve what comes next,
 * which is what makes statements work again at once when the server is back. So they are when one is lost, since that is
 * seldom one alone: what runs on the others goes on to its end. Where the server has no room for one more, those that
 * stand do the work, and one more is tried each `retryToMs`.
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
  /** All that take statements, and those of them that have none. */
  readonly #clients = new Set<Client>();
  #idle: Client[] = [];
  #target: PoolTarget | null = null;
  #closed = false;
  /** When one more connection is tried than there was room for. */
  #widenAtMs = 0;
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
    this.#retireAll();
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
  transaction<T>(
    body: (tx: TransactionSql, statement: StatementRunner, now: Temporal.Instant) => Promise<T>,
  ): Promise<T> {
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
      const committed = client.begin(async (tx, now) => {
        outcome.value = await body(tx, statement, now);
        refuseLate();
      });
      await Promise.race([committed, lost.promise]);
      return outcome.value as T;
    });
  }

  /** Ends everything: waits up to `transactionMs` for what runs. Afterwards each call fails with `stopping`. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#retireAll();
    await Promise.all(this.#retiring);
  }

  async #occupy<T>(deadlineMs: number, work: Work<T>): Promise<T> {
    for (let refusals = 0; ; refusals += 1) {
      // Asked before the line as well, so that a database that was never there fails at once.
      this.#askTarget();
      this.#widen();
      const leave = await this.#gate.enter(this.#times.queryMs);
      let client: Client | undefined;
      try {
        client = this.#takeClient();
        return await this.#guard(client, deadlineMs, work);
      } catch (error) {
        if (!(error instanceof NoRoom)) throw error;
        if (refusals === MOST_REFUSALS) throw this.#unavailable(error.cause);
      } finally {
        if (client !== undefined && this.#clients.has(client)) this.#idle.push(client);
        leave();
      }
    }
  }

  async #guard<T>(client: Client, deadlineMs: number, work: Work<T>): Promise<T> {
    const run = { over: false };
    try {
      return await within(this.#clock, deadlineMs, work(client, run), () => {
        this.#retireAll();
        return new RingbackError('query_deadline', [deadlineMs]);
      });
    } catch (error) {
      if (isRingbackError(error)) {
        if (error.code === 'query_deadline') this.#onFailure(error);
        throw error;
      }
      if (!isConnectionFailure(error)) throw error;
      if (isConnectionRefused(error)) {
        this.#retire(client);
        if (this.#narrow()) throw new NoRoom(error);
      }
      // Before its slot is free: the server's last words come a moment before the end of the connection.
      if (isConnectionOver(error)) this.#retireAll();
      throw this.#unavailable(error);
    } finally {
      run.over = true;
    }
  }

  #unavailable(cause: unknown): RingbackError {
    this.#onFailure(cause);
    return new RingbackError('database_unavailable', [], { cause });
  }

  /** There is no room for one connection more than stand; false where none does. */
  #narrow(): boolean {
    const { size } = this.#clients;
    this.#gate.resize(size === 0 ? this.#max : Math.min(size, this.#gate.slots));
    this.#widenAtMs = this.#clock.nowMs() + this.#times.retryToMs;
    return size > 0;
  }

  #widen(): void {
    if (this.#gate.slots === this.#max || this.#clock.nowMs() < this.#widenAtMs) return;
    this.#widenAtMs = this.#clock.nowMs() + this.#times.retryToMs;
    this.#gate.resize(this.#gate.slots + 1);
  }

  #askTarget(): PoolTarget {
    if (this.#closed) throw new RingbackError('stopping');
    if (this.#target === null) throw new RingbackError('database_unavailable');
    return this.#target;
  }

  /** The one that was used last: it has prepared most. */
  #takeClient(): Client {
    const target = this.#askTarget();
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const client = openClient({
      url: target.url,
      clock: this.#clock,
      times: this.#times,
      serverLimits: !target.pooled,
      prepare: !target.pooled,
      // postgres.js 3.4.9 loses statements on a connection that was just lost, and may not greet the server when it
      // opens it again. So a client that lost its connection takes nothing new. Nor do the others, see above.
      onClose: () => {
        if (this.#clients.has(client)) this.#retireAll();
      },
    });
    Object.assign(client.sql.options.parsers, this.types.parsers);
    Object.assign(client.sql.options.serializers, this.types.serializers);
    this.#clients.add(client);
    return client;
  }

  #retireAll(): void {
    for (const client of this.#clients) this.#retire(client);
  }

  #retire(client: Client): void {
    if (!this.#clients.delete(client)) return;
    this.#idle = this.#idle.filter((one) => one !== client);
    const closing = client.close(this.#times.transactionMs).finally(() => this.#retiring.delete(closing));
    this.#retiring.add(closing);
  }
}

/** A statement was not run, since the server took no further connection; others stand. */
class NoRoom extends Error {
  constructor(cause: unknown) {
    super('no room for one more connection', { cause });
  }
}

/** `run.over` turns true when nobody waits for the work any more. */
type Work<T> = (client: Client, run: { readonly over: boolean }) => PromiseLike<T>;

/** Runs one statement of a transaction under the deadline for statements. */
export type StatementRunner = <T>(start: () => PromiseLike<T>) => Promise<T>;
