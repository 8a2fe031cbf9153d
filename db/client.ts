import { Socket } from 'node:net';
import postgres, { type Options, type Sql, type TransactionSql } from 'postgres';
import type { MonotonicClock } from '../src/clock.ts';
import { surviveLateWrites } from './late-writes.ts';
import type { DatabaseTimes } from './times.ts';

/** A postgres.js client of one connection, with its sockets. Nothing is connected before the first statement. */
export interface Client {
  readonly sql: Sql;
  /**
   * Runs `body` between BEGIN and COMMIT; a rejection rolls back. `now` is the database's time of the transaction in
   * whole milliseconds, never ahead of it.
   */
  begin<T>(body: (tx: TransactionSql, now: Temporal.Instant) => Promise<T>): Promise<T>;
  /** Waits up to `graceMs` for what is running, then drops every socket, answered or not. Never rejects, never hangs. */
  close(graceMs: number): Promise<void>;
}

export interface ClientOptions {
  readonly url: string;
  readonly clock: MonotonicClock;
  readonly times: DatabaseTimes;
  /** Server-side limits as start-up parameters. A transaction pooler refuses those; then only our own deadlines hold. */
  readonly serverLimits: boolean;
  /** Named prepared statements; they collide behind a transaction pooler. */
  readonly prepare: boolean;
  readonly onNotify?: (channel: string, payload: string) => void;
  /** The connection was lost or ended; may be told twice. What is started after it should use another client. */
  readonly onClose?: () => void;
}

/**
 * Opens a client. postgres.js has no way to drop a connection whose server does not answer: its `end()` waits for the
 * server's goodbye. So the sockets are made here and can be destroyed.
 */
export function openClient(options: ClientOptions): Client {
  surviveLateWrites();
  const sockets = new Set<Socket>();
  const drained = Promise.withResolvers<void>();
  let closing = false;
  let nextHost = 0;
  const settings: Options<typeof arrayTypes> & UntypedOptions = {
    max: 1,
    prepare: options.prepare,
    connect_timeout: Math.max(0.05, options.times.connectMs / 1000),
    keep_alive: 10,
    max_lifetime: null,
    // Asking for the types of arrays on each connect is a statement of the driver's own; when the connection is lost
    // just then, nobody handles its rejection and the process dies. So the arrays that we send are named here.
    fetch_types: false,
    types: arrayTypes,
    // The driver's own pause grows to 20 s, which would be a database that stays away after it is back.
    backoff: () => 0.05,
    connection: {
      application_name: 'ringback',
      ...(options.serverLimits
        ? {
            statement_timeout: options.times.statementMs,
            lock_timeout: options.times.lockMs,
            idle_in_transaction_session_timeout: options.times.transactionMs,
          }
        : {}),
    },
    // Notices ("relation exists, skipping") would otherwise be printed to stdout by the driver.
    onnotice: () => undefined,
    ...(options.onNotify === undefined ? {} : { onnotify: options.onNotify }),
    ...(options.onClose === undefined ? {} : { onclose: options.onClose }),
    // The connect is not awaited here: only a socket that fails by its own events leaves the driver's pool in order.
    socket: ({ host, port, path }) => {
      const socket: Socket & { host?: string } = new Socket();
      sockets.add(socket);
      socket.once('close', () => {
        sockets.delete(socket);
        if (closing && sockets.size === 0) drained.resolve();
      });
      // Told before the driver is: between a socket's error and its close the driver still hands it statements, and
      // those never settle.
      socket.once('error', () => {
        // With several hosts in the URL the driver goes on to the next one.
        if (host.length === 1 || !socket.connecting) options.onClose?.();
      });
      // A server that hangs up while it is being greeted: the driver would greet it again, and may then not send what
      // it writes. An error makes it give up this connection and its statement at once.
      socket.once('end', () => {
        if (!socket.writableEnded) socket.destroy(hangUp());
      });
      if (path !== false && path !== '') return socket.connect(path);
      const index = nextHost++ % port.length;
      // The driver reads the name for TLS from here.
      socket.host = host[index] ?? '127.0.0.1';
      return socket.connect(port[index] ?? 5432, socket.host);
    },
  };
  const sql = postgres(options.url, settings);
  const begin = withTime(sql);
  return {
    sql,
    begin,
    async close(graceMs) {
      closing = true;
      // The driver's end() alone may wait for a connection that has already gone.
      const ended = Promise.race([sql.end(), drained.promise]);
      const grace = Promise.withResolvers<void>();
      const timer = options.clock.setTimer(sockets.size === 0 ? 0 : graceMs, grace.resolve);
      await Promise.race([ended, grace.promise]);
      timer.cancel();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** The start of a transaction and its time, in one journey. */
const BEGIN = 'begin; select floor(extract(epoch from now()) * 1000)::float8 as ms';

/**
 * The driver's own `begin()`, which sends nothing but its first word and waits for the answer: here the time comes with
 * that answer. It sends the word through `sql.unsafe`, at once, and is the only one to do so with this option.
 */
function withTime(sql: Sql): Client['begin'] {
  const unsafe = sql.unsafe.bind(sql);
  let begun: PromiseLike<unknown> | undefined;
  Object.assign(sql, {
    unsafe: (...given: Parameters<Sql['unsafe']>) => {
      const [, , options] = given;
      if (options === undefined || !('onexecute' in options)) return unsafe(...given);
      const query = unsafe(BEGIN, [], options);
      begun = query;
      return query;
    },
  });
  return (body) => {
    const started = sql.begin(async (tx) => body(tx, timeOf(await asked)));
    const asked = begun;
    return started as ReturnType<typeof body>;
  };
}

function timeOf(answer: unknown): Temporal.Instant {
  const ms = Number((answer as { ms: number }[][] | undefined)?.[1]?.[0]?.ms);
  return Temporal.Instant.fromEpochMilliseconds(ms);
}

/** Arrays as parameters, by the object ids of pg_type; arrays in results stay Postgres text (drizzle reads its own columns). */
const arrayTypes = Object.fromEntries(
  Object.entries({
    bool: 1000,
    int2: 1005,
    int4: 1007,
    int8: 1016,
    text: 1009,
    varchar: 1015,
    float8: 1022,
    uuid: 2951,
  }).map(([name, oid]) => [`${name}Array`, { to: oid, from: [], serialize: arrayText, parse: (text: string) => text }]),
);

/** `{"a","b",NULL}`; drizzle hands over what is already written so. */
function arrayText(value: string | readonly unknown[]): string {
  if (typeof value === 'string') return value;
  return `{${value.map(itemText).join(',')}}`;
}

/** Written for Postgres: null bare, anything else in quotes. */
function itemText(item: unknown): string {
  // oxlint-disable-next-line typescript/no-base-to-string -- items are scalars, by the types named above
  return item === null ? 'NULL' : `"${String(item).replaceAll(/["\\]/g, '\\$&')}"`;
}

function hangUp(): Error {
  return Object.assign(new Error('the server closed the connection'), { code: 'ECONNRESET' });
}

/** Options that postgres.js 3.4.9 takes and its types do not name. */
interface UntypedOptions {
  onnotify?: (channel: string, payload: string) => void;
  socket: (resolved: { host: string[]; port: number[]; path: string | false }) => Socket;
}
