import type { Random } from '../kernel/random.ts';
import type { Happening, Universe } from '../kernel/universe.ts';
import type { Table } from './table.ts';

/** What a statement waits for: a lock that somebody holds, or the end of a transaction that it collided with. */
export type Wait = { readonly lock: string } | { readonly end: Transaction };

/** A statement as the server runs it: it yields what it has to wait for, and goes on when that has come. */
export type Statement<T> = (transaction: Transaction) => Generator<Wait, T, void>;

/** A statement that has nothing to wait for. */
export function readOnly<T>(look: (transaction: Transaction) => T): Statement<T> {
  // oxlint-disable-next-line require-yield -- it never waits
  return function* read(transaction) {
    return look(transaction);
  };
}

/** A failure as the driver of Postgres throws it. */
export class ServerError extends Error {
  readonly code: string;
  readonly constraint_name?: string;

  constructor(code: string, message: string, constraint?: string) {
    super(message);
    this.code = code;
    if (constraint !== undefined) this.constraint_name = constraint;
  }
}

/** The server's own limits, see db/times.ts and db/client.ts. */
const LOCK_TIMEOUT_MS = 2_000;
const DEADLOCK_TIMEOUT_MS = 1_000;
export const IDLE_IN_TRANSACTION_MS = 5_000;

interface Lock {
  holder: Transaction;
  readonly line: Task[];
}

/** A statement that runs, or waits. */
interface Task {
  readonly transaction: Transaction;
  readonly resume: () => void;
  readonly fail: (error: Error) => void;
  waitsFor: Wait | null;
}

/** What was changed by a commit, row by row; null is nothing. */
export interface Change {
  readonly table: string;
  readonly id: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** One transaction of one session. Its writes are its own until it commits. */
export class Transaction {
  /** `now()`: the server's clock at its beginning, in milliseconds. */
  readonly nowMs: number;
  readonly by: string;
  readonly writes = new Map<Table<object>, Map<string, object | null>>();
  readonly locks = new Set<string>();
  readonly waiters: Task[] = [];
  state: 'open' | 'failed' | 'committed' | 'aborted' = 'open';
  /** What runs, or waits; those that came meanwhile, in their order. */
  task: Task | null = null;
  isBusy = false;
  readonly line: (() => void)[] = [];

  constructor(nowMs: number, by: string) {
    this.nowMs = nowMs;
    this.by = by;
  }
}

/**
 * A database server with those semantics of Postgres (READ COMMITTED) that the product leans on: row locks with a line
 * before them, unique keys that make one wait for whoever else writes the same, deadlocks that one side loses, `now()`
 * that stands still within a transaction, commits one after the other. A statement happens at one instant, except where
 * it waits.
 */
export class Server {
  readonly #universe: Universe;
  readonly #originMs: number;
  readonly #locks = new Map<string, Lock>();
  readonly #open = new Set<Transaction>();
  readonly #held: (() => void)[] = [];
  readonly drift: number;
  #offsetMs = 0;
  #up = true;
  #frozen = false;
  #generation = 0;
  /** Hears of each commit that changed anything. */
  onCommit: (changes: readonly Change[], transaction: Transaction) => void = () => undefined;
  /** Hears of what no right product brings about: a check that was violated, a row that changed under its lock. */
  onFault: (error: Error) => void = () => undefined;
  readonly random: Random;

  constructor(options: { universe: Universe; random: Random; originMs: number; drift: number }) {
    this.#universe = options.universe;
    this.#originMs = options.originMs;
    this.drift = options.drift;
    this.random = options.random;
  }

  /** `clock_timestamp()`, in milliseconds with fractions. */
  clockMs(): number {
    return this.#originMs + this.#universe.nowMs * (1 + this.drift) + this.#offsetMs;
  }

  get up(): boolean {
    return this.#up;
  }

  /** Counts restarts: a session of an earlier one is gone. */
  get generation(): number {
    return this.#generation;
  }

  /** Everything that is not committed is lost; nobody can connect until `start`. */
  crash(): void {
    this.#up = false;
    this.#frozen = false;
    this.#held.length = 0;
    this.#generation += 1;
    for (const transaction of this.#open) this.abort(transaction);
  }

  start(): void {
    this.#up = true;
  }

  /** It answers nothing until it thaws, and then everything in the order in which it came. */
  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
    for (const run of this.#held.splice(0)) run();
  }

  /** A message has arrived. */
  receive(run: () => void): void {
    if (this.#frozen) this.#held.push(run);
    else run();
  }

  /** `by` is who asks, for whoever watches. */
  begin(by = ''): Transaction {
    const transaction = new Transaction(this.clockMs(), by);
    this.#open.add(transaction);
    return transaction;
  }

  /**
   * Runs a statement, after those that its session sent before: a session does one thing at a time. `done` or `failed` is
   * called once.
   */
  execute<T>(
    transaction: Transaction,
    statement: Statement<T>,
    done: (value: T) => void,
    failed: (error: Error) => void,
  ): void {
    const goOn = (): void => {
      const next = transaction.line.shift();
      if (next === undefined) transaction.isBusy = false;
      else next();
    };
    const start = (): void =>
      this.#start(
        transaction,
        statement,
        (value) => {
          done(value);
          goOn();
        },
        (error) => {
          failed(error);
          goOn();
        },
      );
    if (transaction.isBusy) return void transaction.line.push(start);
    transaction.isBusy = true;
    start();
  }

  #start<T>(
    transaction: Transaction,
    statement: Statement<T>,
    done: (value: T) => void,
    failed: (error: Error) => void,
  ): void {
    if (transaction.state === 'aborted') return failed(new ServerError('57P01', 'the session was ended'));
    if (transaction.state !== 'open') return failed(new ServerError('25P02', 'the transaction is aborted'));
    const running = statement(transaction);
    let timers: Happening[] = [];
    const quiet = (): void => {
      for (const timer of timers) timer.off = true;
      timers = [];
      transaction.task = null;
    };
    const task: Task = {
      transaction,
      waitsFor: null,
      resume: () => {
        task.waitsFor = null;
        quiet();
        if (transaction.state === 'open') step();
        else task.fail(new ServerError('57P01', 'the session was ended'));
      },
      fail: (error) => {
        task.waitsFor = null;
        quiet();
        running.return(undefined as never);
        if (transaction.state === 'open') transaction.state = 'failed';
        failed(error);
      },
    };
    const step = (): void => {
      let next: IteratorResult<Wait, T>;
      try {
        next = running.next();
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        // A check that is violated is a fault of the product, not of the moment.
        if (!(error instanceof ServerError) || error.code === '23514') this.onFault(error);
        transaction.state = 'failed';
        return failed(error);
      }
      if (next.done === true) return done(next.value);
      this.#wait(task, next.value);
      timers = [
        this.#universe.after(DEADLOCK_TIMEOUT_MS, () => {
          if (task.waitsFor !== null && this.#isDeadlocked(transaction))
            this.#giveUp(task, new ServerError('40P01', 'deadlock detected'));
        }),
        this.#universe.after(LOCK_TIMEOUT_MS, () => {
          if (task.waitsFor !== null) this.#giveUp(task, new ServerError('55P03', 'lock timeout'));
        }),
      ];
    };
    step();
  }

  /** Takes a lock; yields until it is there. */
  *lock(transaction: Transaction, key: string): Generator<Wait, void, void> {
    for (;;) {
      const lock = this.#locks.get(key);
      if (lock === undefined) {
        this.#locks.set(key, { holder: transaction, line: [] });
        transaction.locks.add(key);
        return;
      }
      if (lock.holder === transaction) return;
      yield { lock: key };
    }
  }

  isLockedFor(transaction: Transaction, key: string): boolean {
    const lock = this.#locks.get(key);
    return lock !== undefined && lock.holder !== transaction;
  }

  commit(transaction: Transaction): boolean {
    if (transaction.state !== 'open') {
      this.abort(transaction);
      return false;
    }
    const changes: Change[] = [];
    for (const [table, rows] of transaction.writes) {
      for (const [id, row] of rows) {
        const before = table.rows.get(id) ?? null;
        if (row === null) table.rows.delete(id);
        else table.rows.set(id, row);
        changes.push({ table: table.name, id, before, after: row });
      }
    }
    transaction.state = 'committed';
    if (changes.length > 0) this.onCommit(changes, transaction);
    this.#end(transaction);
    return true;
  }

  abort(transaction: Transaction): void {
    if (transaction.state === 'committed' || transaction.state === 'aborted') return;
    transaction.state = 'aborted';
    const { task } = transaction;
    if (task !== null) this.#giveUp(task, new ServerError('57P01', 'the session was ended'));
    this.#end(transaction);
  }

  #end(transaction: Transaction): void {
    this.#open.delete(transaction);
    for (const table of transaction.writes.keys()) table.pending.delete(transaction);
    for (const key of transaction.locks) {
      const lock = this.#locks.get(key);
      const next = lock?.line.shift();
      if (lock === undefined || next === undefined) {
        this.#locks.delete(key);
        continue;
      }
      lock.holder = next.transaction;
      next.transaction.locks.add(key);
      this.#universe.after(0, next.resume);
    }
    transaction.locks.clear();
    for (const waiter of transaction.waiters.splice(0)) this.#universe.after(0, waiter.resume);
  }

  #wait(task: Task, wait: Wait): void {
    task.waitsFor = wait;
    task.transaction.task = task;
    if ('end' in wait) wait.end.waiters.push(task);
    else this.#locks.get(wait.lock)?.line.push(task);
  }

  #giveUp(task: Task, error: Error): void {
    const wait = task.waitsFor;
    if (wait === null) return;
    const line = 'end' in wait ? wait.end.waiters : this.#locks.get(wait.lock)?.line;
    const at = line?.indexOf(task) ?? -1;
    // Its turn has just come: it is on its way.
    if (at < 0 || line === undefined) return;
    line.splice(at, 1);
    task.fail(error);
  }

  #isDeadlocked(start: Transaction): boolean {
    const seen = new Set<Transaction>();
    const reach = (transaction: Transaction): boolean => {
      const wait = transaction.task?.waitsFor ?? null;
      if (wait === null || seen.has(transaction)) return false;
      seen.add(transaction);
      const lock = 'lock' in wait ? this.#locks.get(wait.lock) : undefined;
      const before = 'end' in wait ? [wait.end] : lock === undefined ? [] : [lock.holder];
      return before.some((one) => one === start || reach(one));
    };
    return reach(start);
  }
}
