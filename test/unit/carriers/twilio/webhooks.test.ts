import { describe, expect, test } from 'vitest';
import { formParameters, sign } from '../../../../src/carriers/twilio/signature.ts';
import { openTwilioWebhooks } from '../../../../src/carriers/twilio/webhooks.ts';

const webhooks = openTwilioWebhooks({ authToken: 'secret', accountSid: 'AC1' });

function request(route: string, fields: Record<string, string>, params: Record<string, string> = {}) {
  const body = new URLSearchParams({ AccountSid: 'AC1', CallSid: 'CA1', ...fields });
  const rawBody = Buffer.from(body.toString());
  const url = `https://gw.example.com/carriers/twilio${route}`;
  return {
    route,
    method: 'POST',
    url,
    params,
    rawBody,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': sign(url + formParameters(rawBody), 'secret'),
    },
  };
}

describe('only what our account signed is believed', () => {
  test('signed by our token for our account', () => {
    expect(webhooks.verify(request('/status', { CallStatus: 'ringing' }))).toBe(true);
  });
  test('signed by our token for another account', () => {
    expect(webhooks.verify(request('/status', { CallStatus: 'ringing', AccountSid: 'AC2' }))).toBe(false);
  });
  test('without a signature', () => {
    const { headers, ...rest } = request('/status', {});
    expect(webhooks.verify({ ...rest, headers: { 'content-type': headers['content-type'] } })).toBe(false);
  });
});

describe('each webhook becomes the event that it is', () => {
  test.each([
    [
      'an inbound call',
      request('/voice', { From: '+14155550100', To: '+14155550199', StirVerstat: 'TN-Validation-Passed-A' }),
      { type: 'inbound', carrierCallId: 'CA1', from: '+14155550100', to: '+14155550199', attestation: 'full' },
    ],
    [
      'a hidden caller',
      request('/voice', { From: 'anonymous', To: '+14155550199' }),
      { type: 'inbound', carrierCallId: 'CA1', from: null, to: '+14155550199', attestation: 'none' },
    ],
    [
      'a caller who spells anonymous',
      request('/voice', { From: '+266696687', To: '+14155550199' }),
      { type: 'inbound', carrierCallId: 'CA1', from: null, to: '+14155550199', attestation: 'none' },
    ],
    [
      'an answer',
      request('/answer/:attemptId', {}, { attemptId: '018f0000-0000-7000-8000-00000000a001' }),
      { type: 'answered', attemptId: '018f0000-0000-7000-8000-00000000a001', carrierCallId: 'CA1' },
    ],
    [
      'progress of a dial',
      request('/status/:attemptId', { CallStatus: 'no-answer' }, { attemptId: '018f0000-0000-7000-8000-00000000a001' }),
      {
        type: 'progress',
        attemptId: '018f0000-0000-7000-8000-00000000a001',
        carrierCallId: 'CA1',
        state: { ended: 'no_answer' },
      },
    ],
    [
      'progress of an inbound call',
      request('/status', { CallStatus: 'completed' }),
      { type: 'progress', attemptId: null, carrierCallId: 'CA1', state: { ended: 'hung_up' } },
    ],
    [
      'a verdict',
      request(
        '/amd/:attemptId',
        { AnsweredBy: 'machine_start' },
        { attemptId: '018f0000-0000-7000-8000-00000000a001' },
      ),
      { type: 'verdict', attemptId: '018f0000-0000-7000-8000-00000000a001', carrierCallId: 'CA1', verdict: 'machine' },
    ],
    [
      'the end of a stream',
      request('/resume/:callId', {}, { callId: '018f0000-0000-7000-8000-00000000c001' }),
      { type: 'stream_over', callId: '018f0000-0000-7000-8000-00000000c001', carrierCallId: 'CA1', callOver: false },
    ],
  ])('%s', (_name, webhook, event) => {
    expect(webhooks.parse(webhook)).toEqual([event]);
  });

  test('a status that nobody knows yet says nothing', () => {
    expect(webhooks.parse(request('/status', { CallStatus: 'teleported' }))).toEqual([]);
  });

  test('a webhook without its call is refused with a word', () => {
    expect(() => webhooks.parse(request('/status', { CallSid: '', CallStatus: 'ringing' }))).toThrow(
      'CallSid is missing',
    );
  });
});
