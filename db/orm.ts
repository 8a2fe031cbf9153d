import { drizzle, PostgresJsPreparedQuery, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { PendingQuery, Row, Sql, TransactionSql } from 'postgres';
import type { Pool, StatementRunner } from './pool.ts';
import * as schema from './schema.ts';
import type { Parameter } from './table-rows.ts';

export type Orm = PostgresJsDatabase<typeof schema>;
/** What drizzle gives to the body of a transaction; the same builders as `Orm`. */
export type Transaction = Parameters<Parameters<Orm['transaction']>[0]>[0];

/**
 * Statements with no more parameters than that are prepared once per connection. Unprepared, the driver first asks the
 * server what the parameters are, and each statement makes its journey twice. A longer list is one text for each of its
 * lengths: those are not kept, so that what a connection remembers has a bound.
 */
const MOST_PREPARED_PARAMETERS = 64;

/*
 * drizzle wraps each failure in an error whose message repeats all parameters of the statement: what a caller said
 * would stand in every log. The errors of the pool and of the driver come through as they are instead.
 */
Object.assign(PostgresJsPreparedQuery.prototype, {
  queryWithCache: (_text: string, _parameters: unknown[], run: () => Promise<unknown>) => run(),
});

/** drizzle over the pool: each statement and transaction that it sends goes through the pool's gate and deadlines. */
export function openOrm(pool: Pool): Orm {
  // drizzle uses exactly these members of a postgres.js client (its postgres-js/session and driver).
  const client: DrizzleClient = {
    options: pool.types,
    unsafe: (text, parameters, options) =>
      deferred((values) => pool.run((sql) => send(sql, values, text, parameters, options))),
    begin: (body) => pool.transaction((tx, statement, now) => body(transactionClient(tx, statement, now))),
  };
  return drizzle(client as unknown as Sql, { schema });
}

function transactionClient(
  tx: TransactionSql,
  statement: StatementRunner,
  now: Temporal.Instant,
): DrizzleTransactionClient {
  return {
    now,
    unsafe: (text, parameters, options) =>
      deferred((values) => statement(() => send(tx, values, text, parameters, options))),
    savepoint: (body) =>
      tx.savepoint((inner) => body(transactionClient(inner, statement, now))) as ReturnType<typeof body>,
  };
}

function send(
  sql: Pick<Sql, 'unsafe'>,
  values: boolean,
  ...[text, parameters, options]: UnsafeArguments
): PromiseLike<unknown> {
  const prepare = (parameters?.length ?? 0) <= MOST_PREPARED_PARAMETERS;
  const query: PendingQuery<Row[]> = sql.unsafe(text, parameters, { ...options, prepare });
  return values ? query.values() : query;
}

/**
 * Runs a statement of ours within drizzle's transaction, as the text that it is: building one with drizzle costs several
 * times what sending it does. Values are sent as they are: times and JSON as text. For the few statements on whose price
 * something hangs.
 */
export async function runText<T extends Row>(
  tx: Transaction,
  text: string,
  values: readonly Parameter[],
): Promise<T[]> {
  return (await clientOf(tx).unsafe(text, [...values])) as T[];
}

/** The database's time of a transaction, in whole milliseconds, never ahead of it. It came with the answer to BEGIN. */
export function nowOf(tx: Transaction): Temporal.Instant {
  return clientOf(tx).now;
}

/** The session that drizzle's transaction was opened with, which is `transactionClient` above. */
function clientOf(tx: Transaction): DrizzleTransactionClient {
  return (tx._.session as unknown as { client: DrizzleTransactionClient }).client;
}

/** A statement that is sent when it is waited for, as objects or (`values()`) as arrays; sent once. */
function deferred(start: (values: boolean) => Promise<unknown>): DeferredStatement {
  let started: Promise<unknown> | undefined;
  const once = (values: boolean): Promise<unknown> => (started ??= start(values));
  return {
    // oxlint-disable-next-line unicorn/no-thenable -- the driver's statements are awaitable, and drizzle awaits them
    then: (onDone, onFail) => once(false).then(onDone, onFail),
    values: () => once(true),
  };
}

type UnsafeArguments = Parameters<Sql['unsafe']>;
interface DeferredStatement extends PromiseLike<unknown> {
  values(): Promise<unknown>;
}
interface DrizzleTransactionClient {
  readonly now: Temporal.Instant;
  unsafe(...args: UnsafeArguments): DeferredStatement;
  savepoint<T>(body: (client: DrizzleTransactionClient) => Promise<T>): Promise<T>;
}
interface DrizzleClient {
  readonly options: Pool['types'];
  unsafe(...args: UnsafeArguments): DeferredStatement;
  begin<T>(body: (client: DrizzleTransactionClient) => Promise<T>): Promise<T>;
}
