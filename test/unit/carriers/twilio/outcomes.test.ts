import { describe, expect, test } from 'vitest';
import { dialResultOf, progressOf, verdictOf } from '../../../../src/carriers/twilio/outcomes.ts';

describe('a call status is told as what it means', () => {
  test.each([
    ['queued', null, null, 'placed'],
    ['initiated', null, null, 'placed'],
    ['ringing', null, null, 'ringing'],
    ['in-progress', null, null, 'answered'],
    ['completed', 200, null, { ended: 'hung_up' }],
    ['busy', 486, null, { ended: 'busy' }],
    ['busy', 603, null, { ended: 'rejected' }],
    ['no-answer', 480, null, { ended: 'no_answer' }],
    ['no-answer', 603, null, { ended: 'rejected' }],
    ['canceled', null, null, { ended: 'cancelled' }],
    ['failed', 404, null, { ended: 'invalid_number' }],
    ['failed', null, 13_224, { ended: 'invalid_number' }],
    ['failed', 403, null, { ended: 'not_permitted' }],
    ['failed', null, 32_205, { ended: 'not_permitted' }],
    ['failed', 503, null, { ended: 'failed' }],
    ['failed', null, null, { ended: 'failed' }],
    ['something-new', null, null, undefined],
  ])('%s with SIP %s and code %s', (status, sipResponse, errorCode, expected) => {
    expect(progressOf({ status, sipResponse, errorCode })).toEqual(expected);
  });
});

test.each([
  ['human', 'human'],
  ['machine_start', 'machine'],
  ['machine_end_beep', 'machine'],
  ['fax', 'fax'],
  ['unknown', 'unknown'],
  ['anything else', 'unknown'],
])('detection that says %s counts as %s', (answeredBy, verdict) => {
  expect(verdictOf(answeredBy)).toBe(verdict);
});

describe('the answer to a create-call request proves no more than it does', () => {
  const sid = `CA${'0'.repeat(32)}`;
  const answer = (status: number, body: unknown, retryAfterSeconds: number | null = null) =>
    dialResultOf({ status, body, retryAfterSeconds });

  test('a call with its id was placed', () => {
    expect(answer(201, { sid })).toEqual({ kind: 'placed', carrierCallId: sid });
  });
  test.each([
    [201, {}],
    [201, null],
    [200, { sid: 'nonsense' }],
    [500, {}],
    [503, { code: 20_500 }],
    [408, {}],
    [302, {}],
  ])('%s with %j is unknown', (status, body) => {
    expect(answer(status, body).kind).toBe('unknown');
  });
  test('too many requests: not placed, and when to come back', () => {
    expect(answer(429, { code: 20_429 }, 3)).toMatchObject({ kind: 'not_placed', retryAfterMs: 3000 });
    expect(answer(429, {})).not.toHaveProperty('retryAfterMs');
  });
  test.each([21_211, 21_217])('code %s is a bad number', (code) => {
    expect(answer(400, { code })).toMatchObject({ kind: 'refused', outcome: 'invalid_number' });
  });
  test.each([21_215, 21_216, 21_219, 21_202])('code %s is not permitted', (code) => {
    expect(answer(400, { code })).toMatchObject({ kind: 'refused', outcome: 'not_permitted' });
  });
  test.each([
    [401, { code: 20_003 }],
    [402, {}],
    [403, { code: 20_005 }],
  ])('%s %j is a fault of the account', (status, body) => {
    expect(answer(status, body).kind).toBe('account_fault');
  });
  test('another 400 is refused for good', () => {
    expect(answer(400, { code: 21_205 })).toMatchObject({ kind: 'refused', outcome: 'failed' });
  });
});
