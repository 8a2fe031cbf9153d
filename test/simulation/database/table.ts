import { ServerError, type Server, type Transaction, type Wait } from './server.ts';

export interface TableRules<Row> {
  readonly name: string;
  readonly idOf: (row: Row) => string;
  /** A key that no two rows share; null where a row has none. */
  readonly uniques?: readonly { readonly name: string; readonly keyOf: (row: Row) => string | null }[];
  readonly checks?: readonly { readonly name: string; readonly holds: (row: Row) => boolean }[];
}

/** Rows that nobody changes in place: a write puts another one in their stead. */
export class Table<Row extends object> {
  readonly name: string;
  /** What is committed. */
  readonly rows = new Map<string, Row>();
  /** Transactions that have written here and are not over. */
  readonly pending = new Map<Transaction, Map<string, Row | null>>();
  readonly #server: Server;
  readonly #rules: TableRules<Row>;

  constructor(server: Server, rules: TableRules<Row>) {
    this.#server = server;
    this.#rules = rules;
    this.name = rules.name;
  }

  lockKey(id: string): string {
    return `${this.name}:${id}`;
  }

  get(transaction: Transaction, id: string): Row | undefined {
    const own = this.pending.get(transaction)?.get(id);
    return own === undefined ? this.rows.get(id) : (own ?? undefined);
  }

  /** What the transaction sees at this instant: what is committed, and its own. */
  select(transaction: Transaction, holds: (row: Row) => boolean): Row[] {
    const own = this.pending.get(transaction);
    const found: Row[] = [];
    for (const [id, row] of this.rows) if (own?.has(id) !== true && holds(row)) found.push(row);
    if (own !== undefined) for (const row of own.values()) if (row !== null && holds(row)) found.push(row);
    return found;
  }

  /** FOR UPDATE: waits for whoever holds the row, and then looks again whether it is still one of those that were meant. */
  *lockWhere(
    transaction: Transaction,
    rows: readonly Row[],
    holds: (row: Row) => boolean,
  ): Generator<Wait, Row[], void> {
    const locked: Row[] = [];
    for (const { id } of rows.map((row) => ({ id: this.#rules.idOf(row) }))) {
      yield* this.#server.lock(transaction, this.lockKey(id));
      const now = this.get(transaction, id);
      if (now !== undefined && holds(now)) locked.push(now);
    }
    return locked;
  }

  /** The same, SKIP LOCKED. */
  *lockFree(transaction: Transaction, rows: readonly Row[]): Generator<Wait, Row[], void> {
    const free = rows.filter((row) => !this.#server.isLockedFor(transaction, this.lockKey(this.#rules.idOf(row))));
    return yield* this.lockWhere(transaction, free, () => true);
  }

  *insert(transaction: Transaction, row: Row): Generator<Wait, Row, void> {
    const conflict = yield* this.conflict(transaction, row);
    if (conflict !== null) throw new ServerError('23505', `duplicate key: ${conflict}`, conflict);
    this.#put(transaction, row);
    return row;
  }

  /** ON CONFLICT DO NOTHING. */
  *insertUnlessThere(transaction: Transaction, row: Row): Generator<Wait, Row | undefined, void> {
    const conflict = yield* this.conflict(transaction, row);
    if (conflict !== null) return undefined;
    this.#put(transaction, row);
    return row;
  }

  /** Puts a row that is locked, or nobody else can see, in the stead of the one with its id. */
  *update(transaction: Transaction, row: Row): Generator<Wait, Row, void> {
    yield* this.#server.lock(transaction, this.lockKey(this.#rules.idOf(row)));
    const conflict = yield* this.conflict(transaction, row);
    if (conflict !== null) throw new ServerError('23505', `duplicate key: ${conflict}`, conflict);
    this.#put(transaction, row);
    return row;
  }

  *delete(transaction: Transaction, id: string): Generator<Wait, boolean, void> {
    if (this.get(transaction, id) === undefined) return false;
    yield* this.#server.lock(transaction, this.lockKey(id));
    if (this.get(transaction, id) === undefined) return false;
    this.#own(transaction).set(id, null);
    return true;
  }

  /** The name of the unique key that another row has already; waits for those who are writing one. */
  *conflict(transaction: Transaction, row: Row): Generator<Wait, string | null, void> {
    const id = this.#rules.idOf(row);
    const old = this.get(transaction, id);
    // A key that stays as it is collides with nobody.
    const uniques = (this.#rules.uniques ?? []).filter(
      ({ keyOf }) => keyOf(row) !== null && (old === undefined || keyOf(old) !== keyOf(row)),
    );
    for (;;) {
      const writer = this.#writerOf(transaction, id, uniques, row);
      if (writer === undefined) break;
      yield { end: writer };
    }
    for (const { name, keyOf } of uniques) {
      const key = keyOf(row);
      const others = this.select(transaction, (other) => keyOf(other) === key && this.#rules.idOf(other) !== id);
      if (others.length > 0) return name;
    }
    const isNew = this.pending.get(transaction)?.get(id) === undefined && !this.#held(transaction, id);
    return isNew && this.rows.has(id) ? `${this.name}_pkey` : null;
  }

  /** Somebody else who has written a row of the same id or key, or is taking such a row away, and has not ended. */
  #writerOf(
    transaction: Transaction,
    id: string,
    uniques: readonly { readonly keyOf: (row: Row) => string | null }[],
    row: Row,
  ): Transaction | undefined {
    for (const [other, rows] of this.pending) {
      if (other === transaction) continue;
      for (const [otherId, written] of rows) {
        if (otherId === id) return other;
        const before = this.rows.get(otherId);
        for (const { keyOf } of uniques) {
          const key = keyOf(row);
          const isTheirs =
            (written !== null && keyOf(written) === key) || (before !== undefined && keyOf(before) === key);
          if (isTheirs) return other;
        }
      }
    }
    return undefined;
  }

  #held(transaction: Transaction, id: string): boolean {
    return transaction.locks.has(this.lockKey(id));
  }

  #put(transaction: Transaction, row: Row): void {
    for (const { name, holds } of this.#rules.checks ?? [])
      if (!holds(row)) throw new ServerError('23514', `violates check: ${name}`, name);
    this.#own(transaction).set(this.#rules.idOf(row), row);
  }

  #own(transaction: Transaction): Map<string, Row | null> {
    const known = this.pending.get(transaction);
    if (known !== undefined) return known;
    const made = new Map<string, Row | null>();
    this.pending.set(transaction, made);
    transaction.writes.set(this as unknown as Table<object>, made);
    return made;
  }
}
