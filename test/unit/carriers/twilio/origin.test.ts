import { expect, test } from 'vitest';
import { matchingCalls } from '../../../../src/carriers/twilio/calls.ts';
import { openTwilioWebhooks } from '../../../../src/carriers/twilio/webhooks.ts';

const ATTEMPT = '018f0000-0000-7000-8000-00000000a001';
const CALLBACK = '018f0000-0000-7000-8000-00000000c001';
const webhooks = openTwilioWebhooks({ authToken: 'x', accountSid: 'AC0' });

function events(route: string, query: string, fields: Record<string, string> = {}) {
  const path = route.replace(':attemptId', ATTEMPT);
  return webhooks.parse({
    route,
    method: 'POST',
    url: `https://voice.example.com/carriers/twilio${path}${query}`,
    params: { attemptId: ATTEMPT },
    headers: {},
    rawBody: Buffer.from(new URLSearchParams({ CallSid: 'CA1', CallStatus: 'ringing', ...fields }).toString()),
  });
}

test('the webhooks of a dial say which promise it was for', () => {
  const origin = { callbackId: CALLBACK, attemptNumber: 2, from: '+13105550142' };
  const query = `?callback=${CALLBACK}&n=2`;
  expect(events('/answer/:attemptId', query, { From: origin.from })).toEqual([
    { type: 'answered', attemptId: ATTEMPT, carrierCallId: 'CA1', origin },
  ]);
  expect(events('/status/:attemptId', query, { From: origin.from })).toEqual([
    { type: 'progress', attemptId: ATTEMPT, carrierCallId: 'CA1', state: 'ringing', origin },
  ]);
});

test.each(['', '?callback=x&n=1', `?callback=${CALLBACK}`, `?callback=${CALLBACK}&n=0`, `?callback=${CALLBACK}&n=-1`])(
  'a URL that does not say it (%j) is taken without',
  (query) => {
    expect(events('/status/:attemptId', query)[0]).not.toHaveProperty('origin');
  },
);

test('lost calls are found by the number called alone, those since then, the newest first, and no inbound one', () => {
  const call = (sid: string, over: object = {}) => ({
    sid,
    status: 'ringing',
    direction: 'outbound-api',
    to: '+12125550147',
    from: '+13105550142',
    date_created: 'Tue, 24 Nov 2026 12:00:30 +0000',
    ...over,
  });
  const calls = [
    call('old', { date_created: 'Tue, 24 Nov 2026 11:00:00 +0000' }),
    call('before', { date_created: 'Tue, 24 Nov 2026 12:00:20 +0000' }),
    call('new', { from: '+13105550199' }),
    call('inbound', { direction: 'inbound' }),
    call('other', { to: '+12125550148' }),
  ];
  const since = Temporal.Instant.from('2026-11-24T12:00:00Z');
  const found = (from: string | null) =>
    matchingCalls({ calls }, { to: '+12125550147', from, startedAt: since }).map(({ carrierCallId }) => carrierCallId);
  expect(found(null)).toEqual(['new', 'before']);
  expect(found('+13105550142')).toEqual(['before']);
});
