import { APIConnectionError, APIError } from 'openai';
import { describe, expect, test } from 'vitest';
import { RingbackError } from '../../../src/errors.ts';
import { failureOf } from '../../../src/llm/openai/failure.ts';

const secret = 'sk-secret the caller said hello';

function answered(
  status: number | undefined,
  code: string | null = null,
  headers: Record<string, string> = {},
): RingbackError {
  const all = new Headers(headers);
  return failureOf(
    status === undefined
      ? new APIError(undefined, { message: secret, code }, secret, all)
      : APIError.generate(status, { error: { message: secret, code, param: secret } }, secret, all),
  );
}

describe('whether asking again can help', () => {
  test.each([
    [400, null, 'vendor_refused'],
    [401, 'invalid_api_key', 'vendor_refused'],
    [403, null, 'vendor_refused'],
    [404, 'model_not_found', 'vendor_refused'],
    [422, null, 'vendor_refused'],
    [307, null, 'vendor_refused'],
    [429, 'insufficient_quota', 'vendor_refused'],
    [429, 'project_spend_limit_exceeded', 'vendor_refused'],
    [undefined, 'credit_balance_exhausted', 'vendor_refused'],
    [408, null, 'vendor_failed'],
    [409, null, 'vendor_failed'],
    [429, 'rate_limit_exceeded', 'vendor_failed'],
    [429, null, 'vendor_failed'],
    [500, null, 'vendor_failed'],
    [503, 'server_is_overloaded', 'vendor_failed'],
    [529, null, 'vendor_failed'],
    [undefined, 'server_error', 'vendor_failed'],
  ])('%s %s: %s', (status, code, expected) => {
    const failure = answered(status, code);
    expect(failure.code).toBe(expected);
    expect(failure.retryable).toBe(expected === 'vendor_failed');
  });
});

test('how long the server wants us to wait is kept, within a minute', () => {
  expect(answered(429, null, { 'retry-after': '3' }).details).toEqual({ status: 429, retryAfterMs: 3000 });
  expect(answered(429, null, { 'retry-after-ms': '50', 'retry-after': '3' }).details).toEqual({
    status: 429,
    retryAfterMs: 50,
  });
  expect(answered(503, null, { 'retry-after': '86400' }).details).toEqual({ status: 503, retryAfterMs: 60_000 });
  expect(answered(503, null, { 'retry-after': 'tomorrow' }).details).toEqual({ status: 503 });
});

test('nothing that the vendor, the key or the caller said is in it, however it is printed', () => {
  const failures = [
    answered(401, secret),
    answered(400, 'context_length_exceeded'),
    answered(undefined, secret),
    failureOf(new SyntaxError(`Unexpected token in ${secret}`)),
    failureOf(new TypeError(secret)),
    failureOf(secret),
    failureOf(undefined),
  ];
  for (const failure of failures) {
    let text = JSON.stringify(failure.details);
    for (let inner: unknown = failure; inner instanceof Error; inner = inner.cause)
      text += inner.message + (inner.stack ?? '');
    expect(text).not.toContain('secret');
    expect(failure.message).toMatch(/^the language model /);
  }
});

test('a connection that failed says how', () => {
  const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
  expect(failureOf(new APIConnectionError({ cause })).message).toBe(
    'the language model failed: the connection failed (ECONNREFUSED)',
  );
});

test('an error of ours passes as it is, also from inside', () => {
  const ours = new RingbackError('vendor_deadline', ['the language model', 10]);
  expect(failureOf(ours)).toBe(ours);
  expect(failureOf(new APIConnectionError({ cause: ours }))).toBe(ours);
});
