import { describe, expect, test } from 'vitest';
import type { DialledAttempt } from '../../../../src/carriers/carrier.ts';
import { foundCall, matchingCall } from '../../../../src/carriers/twilio/calls.ts';

const attempt: DialledAttempt = {
  attemptId: 'a',
  callbackId: 'b',
  to: '+12125550147',
  from: '+13105550142',
  startedAt: Temporal.Instant.from('2026-11-24T14:16:32.500Z'),
};
const at = (time: string, over: object = {}) => ({
  sid: `CA-${time}`,
  status: 'ringing',
  direction: 'outbound-api',
  to: attempt.to,
  from: attempt.from,
  date_created: `Tue, 24 Nov 2026 ${time} +0000`,
  ...over,
});
const match = (...calls: unknown[]) => matchingCall({ calls }, attempt)?.carrierCallId;

describe('the call of an attempt whose answer was lost', () => {
  test('is the one to that number from ours, since the request', () => {
    expect(match(at('14:16:32'))).toBe('CA-14:16:32');
    expect(match(at('14:16:40'))).toBe('CA-14:16:40');
  });
  test('may be a little older by the clock of Twilio, which knows whole seconds and is not ours', () => {
    expect(match(at('14:16:24'))).toBe('CA-14:16:24');
    expect(match(at('14:16:20'))).toBeUndefined();
  });
  test('is the newest: one that has just ended is not taken for it', () => {
    expect(match(at('14:16:33'), at('14:16:25', { status: 'busy' }))).toBe('CA-14:16:33');
    expect(match(at('14:16:25', { status: 'busy' }), at('14:16:33'))).toBe('CA-14:16:33');
  });
  test.each([
    ['an inbound one', { direction: 'inbound' }],
    ['to somebody else', { to: '+12125550148' }],
    ['from another number', { from: '+13105550143' }],
    ['of an unknown status', { status: 'teleported' }],
    ['without a time', { date_created: null }],
    ['with a time that is none', { date_created: 'yesterday' }],
    ['with a date that there is not', { date_created: 'Tue, 31 Feb 2026 14:16:32 +0000' }],
  ])('is not %s', (_what, over) => {
    expect(match(at('14:16:33', over))).toBeUndefined();
  });
  test.each([[null], ['text'], [{}], [{ calls: 'none' }], [{ calls: [null, 1, []] }]])('is not found in %j', (list) => {
    expect(matchingCall(list, attempt)).toBeUndefined();
  });
  test('may be told in another offset', () => {
    expect(match(at('09:16:33', { date_created: 'Tue, 24 Nov 2026 09:16:33 -0500' }))).toBe('CA-09:16:33');
  });
});

describe('a call as Twilio shows it', () => {
  test('with the verdict of its machine detection', () => {
    expect(foundCall({ sid: 'CA1', status: 'in-progress', answered_by: 'machine_end_beep' })).toEqual({
      carrierCallId: 'CA1',
      state: 'answered',
      machineVerdict: 'machine',
    });
    expect(foundCall({ sid: 'CA1', status: 'queued', answered_by: null })).toEqual({
      carrierCallId: 'CA1',
      state: 'queued',
    });
  });
  test.each([[undefined], [[]], [{ status: 'queued' }], [{ sid: 'CA1' }], [{ sid: 'CA1', status: 'odd' }]])(
    'is none in %j',
    (resource) => {
      expect(foundCall(resource)).toBeUndefined();
    },
  );
});
