import { RingbackError } from '../src/errors.ts';
import { isConnectionFailure, sqlState, statementFailure } from './failure.ts';

/** Why the database is not ready, in one sentence for `/readyz` and the log. Names variables, never their values. */
export function reasonOf(error: unknown): string {
  if (error instanceof RingbackError && error.code !== 'database_unavailable')
    return error.message.replace(/^not ready: /, '');
  const state = sqlState(error);
  const cause = error instanceof RingbackError ? error.cause : error;
  const message = cause instanceof Error ? cause.message : '';
  if (/unsupported startup parameter/i.test(message)) {
    return 'DATABASE_URL points to a connection pooler: set DATABASE_DIRECT_URL to the database itself';
  }
  if (state?.startsWith('28') === true) return 'the database refused the user or password of DATABASE_URL';
  if (state === '3D000') return 'the database named in DATABASE_URL does not exist';
  if (state === '53300') return 'the database has no free connection';
  if (state === '25006') return 'the database is read-only';
  if (state === '42501') return 'the user of DATABASE_URL lacks a permission on the database';
  if (state?.startsWith('57P0') === true) return 'the database is starting up or shutting down';
  if (state !== undefined) return `the database answered with an error (SQLSTATE ${state})`;
  const { failure } = statementFailure(error);
  if (!isConnectionFailure(error) && !(error instanceof RingbackError))
    return `preparing the database failed (${failure})`;
  return /^[A-Z_]+$/.test(failure) ? `the database cannot be reached (${failure})` : 'the database cannot be reached';
}
