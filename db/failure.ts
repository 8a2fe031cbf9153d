import { isRingbackError } from '../src/errors.ts';

/**
 * What a failed statement means. A server's message and detail may repeat values, and those may be a caller's words:
 * look at failures through these functions, and log `statementFailure(error)`.
 */

/** The SQLSTATE (five characters) of the innermost server error, or undefined when the server did not answer. */
export function sqlState(error: unknown): string | undefined {
  const code = driverError(error)?.code;
  return code !== undefined && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** True for a unique violation (23505), of this constraint if one is named. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return (
    sqlState(error) === '23505' && (constraint === undefined || driverError(error)?.constraint_name === constraint)
  );
}

/** True when the whole transaction may simply be run again: serialization failure (40001) or deadlock (40P01). */
export function isTransactionConflict(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40001' || state === '40P01';
}

/**
 * True when the failure is about the way to the database or its role, not about the statement: connection lost or
 * refused (class 08, Node's codes), shutting down (57P0x), too many clients (53300), read-only (25006); or that the server
 * has run out of disk or memory (53100, 53200): the same statement succeeds once somebody has made room.
 */
export function isConnectionFailure(error: unknown): boolean {
  const code = driverError(error)?.code;
  if (code === undefined) return false;
  return /^(08...|57P..|53[123]00|25006|28...|3D000)$/.test(code) || driverCodes.test(code);
}

/** True when nothing more can be sent over the connection that it happened on, or there is none. */
export function isConnectionOver(error: unknown): boolean {
  return isConnectionFailure(error) && !/^(25006|53[12]00)$/.test(driverError(error)?.code ?? '');
}

/** True when the server took no further connection (53300): nothing was run, and those that stand go on. */
export function isConnectionRefused(error: unknown): boolean {
  return sqlState(error) === '53300';
}

/** The driver's own codes and those of Node's sockets and names. */
const driverCodes =
  /^(CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED)|E(CONN|HOST|NET|PIPE|TIMEDOUT|AI_|NOTFOUND|NOENT|ACCES))/;

/**
 * True when it may be the row itself that can't be worked with: its data (class 22), its constraints (23), a trigger's
 * refusal (P0), its storage (XX), or our own code that stumbled over what it read. Never what passes with time, and never
 * what concerns every row alike: a connection, a deadline, a right, a missing column.
 */
export function isRowFailure(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return /^(22|23|P0|XX)/.test(state);
  // Named errors of ours are about the way to the database, or the use-case; never about what a row holds.
  return error instanceof Error && !isRingbackError(error) && driverError(error) === undefined;
}

/** Fields that are safe to log: never the statement's parameters, never the server's detail line. */
export function statementFailure(error: unknown): {
  sqlState?: string;
  failure: string;
  table?: string;
  constraint?: string;
} {
  const found = driverError(error);
  const state = sqlState(error);
  return {
    failure:
      state === undefined ? (found?.code ?? (error instanceof Error ? error.name : typeof error)) : 'server_error',
    ...(state === undefined ? {} : { sqlState: state }),
    ...(found?.table_name === undefined ? {} : { table: found.table_name }),
    ...(found?.constraint_name === undefined ? {} : { constraint: found.constraint_name }),
  };
}

interface DriverError {
  readonly code: string;
  readonly constraint_name?: string;
  readonly table_name?: string;
}

/** The innermost error of the cause chain that carries a code; drizzle, our own errors and aggregates are looked through. */
function driverError(error: unknown): DriverError | undefined {
  let found: DriverError | undefined;
  let current: unknown = error;
  for (let depth = 0; depth < 8 && current instanceof Error; depth += 1) {
    if (hasCode(current)) found = current;
    current = current.cause ?? (current instanceof AggregateError ? current.errors[0] : undefined);
  }
  return found;
}

function hasCode(error: Error): error is Error & DriverError {
  return 'code' in error && typeof error.code === 'string';
}
