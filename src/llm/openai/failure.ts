import { APIError } from 'openai';
import { RingbackError } from '../../errors.ts';

/** How our errors call whatever answers at the base URL. */
export const NAME = 'the language model';

/** Codes that may stand in a message: a vendor's own words may quote the prompt or the key. */
const knownCodes = new Set([
  'context_length_exceeded',
  'content_policy_violation',
  'content_filter',
  'invalid_api_key',
  'invalid_request_error',
  'model_not_found',
  'rate_limit_exceeded',
  'server_error',
  'server_is_overloaded',
  'slow_down',
  'unsupported_country_region_territory',
  'unsupported_parameter',
  'unsupported_value',
]);

/** Refusals that come as 429 and that no waiting cures. */
const spentCodes = new Set([
  'billing_hard_limit_reached',
  'credit_balance_exhausted',
  'insufficient_quota',
  'organization_spend_limit_exceeded',
  'organization_usage_limit_exceeded',
  'project_spend_limit_exceeded',
]);

type AnyApiError = APIError<number | undefined, Headers | undefined, object | undefined>;

const LONGEST_RETRY_AFTER_MS = 60_000;

/**
 * What the SDK, a socket or a stream threw, as one of ours: `vendor_failed` where asking again may help, else
 * `vendor_refused`. Of the vendor's words nothing is kept, neither in the message nor as its cause.
 */
export function failureOf(error: unknown): RingbackError {
  const api: AnyApiError | undefined = error instanceof APIError ? error : undefined;
  for (let inner = error; inner instanceof Error; inner = inner.cause) if (inner instanceof RingbackError) return inner;
  if (typeof api?.status === 'number') return refusal(api, api.status);
  const code = systemCode(error);
  if (code !== undefined)
    return new RingbackError('vendor_failed', [NAME, `the connection failed (${code})`], { cause: error });
  if (api !== undefined) return brokenOff(api);
  if (error instanceof SyntaxError) return new RingbackError('vendor_failed', [NAME, 'it sent nonsense']);
  return new RingbackError('vendor_failed', [NAME, 'its answer could not be read']);
}

function refusal(error: AnyApiError, status: number): RingbackError {
  const code = shownCode(error.code);
  const mayPass = status === 408 || status === 409 || status === 429 || status >= 500;
  const retryAfterMs = retryAfterOf(error.headers);
  return new RingbackError(
    mayPass && !isSpent(error.code) ? 'vendor_failed' : 'vendor_refused',
    [NAME, `it answered ${status}${code === undefined ? '' : ` (${code})`}`],
    { details: { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) } },
  );
}

/** An error that came inside the stream, after a 200. */
function brokenOff(error: AnyApiError): RingbackError {
  const code = shownCode(error.code);
  return new RingbackError(isSpent(error.code) ? 'vendor_refused' : 'vendor_failed', [
    NAME,
    `it broke off its answer${code === undefined ? '' : ` (${code})`}`,
  ]);
}

function isSpent(code: unknown): boolean {
  return typeof code === 'string' && spentCodes.has(code);
}

function shownCode(code: unknown): string | undefined {
  return typeof code === 'string' && (knownCodes.has(code) || spentCodes.has(code)) ? code : undefined;
}

function retryAfterOf(headers: Headers | undefined): number | undefined {
  const ms = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  const seconds = Number(headers?.get('retry-after') ?? Number.NaN);
  const wanted = Number.isFinite(ms) ? ms : seconds * 1000;
  return wanted >= 0 ? Math.min(wanted, LONGEST_RETRY_AFTER_MS) : undefined;
}

/** The code of a failed socket or look-up (ECONNREFUSED, ENOTFOUND, a TLS code), wherever in the chain of causes. */
function systemCode(error: unknown): string | undefined {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof APIError && inner.cause === undefined) return undefined;
    if ('code' in inner && typeof inner.code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(inner.code))
      return inner.code;
  }
  return undefined;
}
