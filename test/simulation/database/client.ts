import { Gate } from '../../../db/gate.ts';
import { isTransactionConflict } from '../../../db/failure.ts';
import { defaultDatabaseTimes } from '../../../db/times.ts';
import { RingbackError } from '../../../src/errors.ts';
import type { Machine } from '../kernel/machine.ts';
import type { Random } from '../kernel/random.ts';
import type { Universe } from '../kernel/universe.ts';
import { IDLE_IN_TRANSACTION_MS, type Server, type Statement, type Transaction } from './server.ts';

/** The way between the processes and the database, as the faults of the moment make it. */
export interface Line {
  /** One way, typically. */
  latencyMs: number;
  /** How likely it is that a message breaks the connection instead of arriving. */
  cutChance: number;
}

export interface ClientOptions {
  /** The process, for whoever watches. */
  readonly name: string;
  readonly universe: Universe;
  readonly random: Random;
  readonly machine: Machine;
  readonly server: Server;
  readonly line: Line;
}

const times = defaultDatabaseTimes;
const CONNECTIONS = 10;
const MOST_WAITING = 1_000;
const MOST_CONFLICTS = 3;
const IDLE_LOOK_MS = 1_000;

/** Runs statements of one transaction. */
export type Run = <T>(statement: Statement<T>) => Promise<T>;

/**
 * The connections of one process: a bounded number of them, a deadline on everything, and a message that may be lost on
 * either way, so that nobody knows whether a commit happened.
 */
export class Client {
  readonly #options: ClientOptions;
  readonly #gate: Gate;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#gate = new Gate({ clock: options.machine.clock, slots: CONNECTIONS, maxWaiting: MOST_WAITING });
  }

  /** One statement, committed by itself. */
  async run<T>(statement: Statement<T>): Promise<T> {
    const leave = await this.#gate.enter(times.queryMs);
    try {
      const { server, name } = this.#options;
      const session = new Session(this.#options);
      return await session.ask<T>((done, failed) => {
        const transaction = server.begin(name);
        session.transaction = transaction;
        server.execute(
          transaction,
          statement,
          (value) => {
            server.commit(transaction);
            done(value);
          },
          (error) => {
            server.abort(transaction);
            failed(error);
          },
        );
      });
    } finally {
      leave();
    }
  }

  /** Tried again after a conflict, as `Database.transaction` does. */
  async transaction<T>(body: (run: Run, nowMs: number) => Promise<T>): Promise<T> {
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        return await this.#once(body);
      } catch (error) {
        if (conflicts >= MOST_CONFLICTS || !isTransactionConflict(error)) throw error;
        await this.#options.machine.clock.sleep(10 * 2 ** conflicts, new AbortController().signal);
      }
    }
  }

  async #once<T>(body: (run: Run, nowMs: number) => Promise<T>): Promise<T> {
    const { server, machine, name } = this.#options;
    const leave = await this.#gate.enter(times.queryMs);
    const late = Promise.withResolvers<never>();
    let over = false;
    const session = new Session(this.#options);
    const deadline = machine.clock.setTimer(times.transactionMs, () => {
      over = true;
      session.close();
      late.reject(new RingbackError('query_deadline', [times.transactionMs]));
    });
    const work = async (): Promise<T> => {
      const transaction = await session.ask<Transaction>((done) => {
        const begun = server.begin(name);
        session.transaction = begun;
        done(begun);
      });
      const run: Run = (statement) => {
        if (over) throw new RingbackError('query_deadline', [times.transactionMs]);
        return session.ask((done, failed) => server.execute(transaction, statement, done, failed));
      };
      let value: T;
      try {
        value = await body(run, transaction.nowMs);
      } catch (error) {
        over = true;
        session.close();
        throw error;
      }
      if (over) throw new RingbackError('query_deadline', [times.transactionMs]);
      await session.ask<boolean>((done, failed) => {
        if (server.commit(transaction)) done(true);
        else failed(new Error('it was rolled back'));
      });
      return value;
    };
    try {
      return await Promise.race([work(), late.promise]);
    } finally {
      over = true;
      deadline.cancel();
      leave();
    }
  }
}

type Answer<T> = (done: (value: T) => void, failed: (error: Error) => void) => void;

/** One connection, from its first message to its last. */
class Session {
  readonly #options: ClientOptions;
  readonly #generation: number;
  #broken = false;
  #watched = false;
  transaction: Transaction | null = null;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#generation = options.server.generation;
  }

  /** The process ends the connection; the server hears of it a little later. */
  close(): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#serverNotices(this.#options.random.delay(this.#options.line.latencyMs));
  }

  /** Sends a message and waits for its answer; whoever never answers is given up on after the deadline. */
  ask<T>(work: Answer<T>): Promise<T> {
    const { universe, random, machine, server, line } = this.#options;
    if (this.#broken) return Promise.reject(new RingbackError('database_unavailable'));
    return new Promise((resolve, reject) => {
      let answered = false;
      const deadline = machine.clock.setTimer(times.queryMs, () => {
        if (answered) return;
        answered = true;
        this.close();
        reject(new RingbackError('query_deadline', [times.queryMs]));
      });
      const answer = (delayMs: number, give: () => void): void =>
        machine.deliver(delayMs, () => {
          if (answered) return;
          answered = true;
          deadline.cancel();
          give();
        });
      const lose = (cause?: Error): void => {
        this.#broken = true;
        this.#serverNotices(random.delay(20));
        // A reset comes at once; a line that went dead says nothing.
        const error = new RingbackError('database_unavailable', [], cause === undefined ? {} : { cause });
        if (random.chance(0.7)) answer(random.delay(30), () => reject(error));
      };
      const arrive = (): void => {
        if (!server.up || server.generation !== this.#generation) return lose();
        server.receive(() => {
          // The session may have ended while the server was frozen.
          if (this.#broken || server.generation !== this.#generation) return;
          const reply = (give: () => void): void => {
            this.#watchIdle();
            if (random.chance(line.cutChance)) lose();
            else answer(random.delay(line.latencyMs), give);
          };
          work(
            (value) => reply(() => resolve(value)),
            (error) => {
              if ('code' in error && error.code === '57P01') lose(error);
              else reply(() => reject(error));
            },
          );
        });
      };
      // What a process has sent arrives, whatever becomes of the process.
      if (random.chance(line.cutChance)) lose();
      else universe.after(random.delay(line.latencyMs), arrive);
    });
  }

  #serverNotices(afterMs: number): void {
    const { universe, server } = this.#options;
    universe.after(afterMs, () => {
      if (this.transaction !== null) server.abort(this.transaction);
    });
  }

  /** A process that does not go on loses its transaction: the server does not wait for ever. */
  #watchIdle(): void {
    if (this.#watched || this.transaction?.state !== 'open') return;
    this.#watched = true;
    const { universe, machine, server } = this.#options;
    let stoodForMs = 0;
    const look = (): void => {
      const { transaction } = this;
      if (transaction === null || transaction.state === 'committed' || transaction.state === 'aborted') return;
      stoodForMs = machine.runs ? 0 : stoodForMs + IDLE_LOOK_MS;
      // The connections of a process that was killed are closed by its system.
      if (machine.alive && stoodForMs < IDLE_IN_TRANSACTION_MS) return void universe.after(IDLE_LOOK_MS, look);
      this.#broken = true;
      server.abort(transaction);
    };
    universe.after(IDLE_LOOK_MS, look);
  }
}
