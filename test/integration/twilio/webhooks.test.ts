import { expect, test } from 'vitest';
import { ACCOUNT_SID, AUTH_TOKEN } from '../../fakes/twilio/server.ts';
import { twilioSignature } from '../../fakes/twilio/signature.ts';
import { until } from '../../support/until.ts';
import { openTelephone, OURS, PERSON } from './world.ts';

const CALL = `CA${'1'.repeat(32)}`;
const ringing = { CallSid: CALL, From: PERSON, To: OURS, CallStatus: 'ringing', Direction: 'inbound' };

test('what Twilio did not sign for us is a 403, and changes nothing', async () => {
  await using phone = await openTelephone();
  const attempt = '018f0000-0000-7000-8000-00000000a001';
  const query = `?callback=${attempt}&n=1`;
  const signatureOf = (path: string, fields: object, token = AUTH_TOKEN): string =>
    twilioSignature(token, `${phone.gateway.url}${path}`, new URLSearchParams({ AccountSid: ACCOUNT_SID, ...fields }));
  const voice = '/carriers/twilio/voice';
  const before = await phone.contents();
  const attacks: [path: string, fields: Record<string, string>, signature: string | null][] = [
    [voice, ringing, null],
    [voice, ringing, ''],
    [voice, ringing, 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='],
    [voice, ringing, signatureOf(voice, ringing, 'another token of somebody else')],
    [voice, { ...ringing, From: '+12125550199' }, signatureOf(voice, ringing)],
    [voice, { ...ringing, Extra: '1' }, signatureOf(voice, ringing)],
    [`${voice}?x=1`, ringing, signatureOf(voice, ringing)],
    // Signed by us, but for another account.
    [
      voice,
      { ...ringing, AccountSid: `AC${'f'.repeat(32)}` },
      signatureOf(voice, { ...ringing, AccountSid: `AC${'f'.repeat(32)}` }),
    ],
    [`/carriers/twilio/answer/${attempt}${query}`, { CallSid: CALL, CallStatus: 'in-progress' }, null],
    [`/carriers/twilio/status/${attempt}${query}`, { CallSid: CALL, CallStatus: 'completed' }, null],
    [`/carriers/twilio/amd/${attempt}${query}`, { CallSid: CALL, AnsweredBy: 'machine_start' }, null],
    [`/carriers/twilio/resume/${attempt}`, { CallSid: CALL, CallStatus: 'in-progress' }, null],
    ['/carriers/twilio/status', { CallSid: CALL, CallStatus: 'completed' }, null],
  ];
  for (const [path, fields, signature] of attacks)
    expect([path, (await phone.post(path, fields, signature)).status]).toEqual([path, 403]);
  expect(await phone.contents()).toBe(before);
  // The same request is welcome once it is signed.
  expect((await phone.post(voice, ringing)).status).toBe(200);
  expect(await phone.contents()).not.toBe(before);
});

test('a validly signed webhook of a call or an attempt that nobody knows is taken, and changes nothing', async () => {
  await using phone = await openTelephone();
  const nobody = '018f0000-0000-7000-8000-00000000a001';
  const before = await phone.contents();
  const query = `?callback=${nobody}&n=1`;
  const answers = [
    await phone.post(`/carriers/twilio/status/${nobody}${query}`, { CallSid: CALL, CallStatus: 'completed' }),
    await phone.post(`/carriers/twilio/amd/${nobody}${query}`, { CallSid: CALL, AnsweredBy: 'machine_start' }),
    await phone.post('/carriers/twilio/status', { CallSid: CALL, CallStatus: 'completed' }),
    await phone.post(`/carriers/twilio/answer/${nobody}${query}`, { CallSid: CALL, CallStatus: 'in-progress' }),
    await phone.post(`/carriers/twilio/resume/${nobody}`, { CallSid: CALL, CallStatus: 'in-progress' }),
    await phone.post('/carriers/twilio/resume/no-id-at-all', { CallSid: CALL, CallStatus: 'in-progress' }),
    await phone.post('/carriers/twilio/status/no-id-at-all?callback=x&n=y', { CallSid: CALL, CallStatus: 'completed' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 200, 200, 400, 400]);
  for (const answer of answers.filter(({ status }) => status === 200)) expect(answer.body).toContain('<Hangup/>');
  expect(await phone.contents()).toBe(before);
});

test('behind a proxy that ends TLS, signatures and streams are those of PUBLIC_URL', async () => {
  await using phone = await openTelephone({ environment: { PUBLIC_URL: 'https://voice.example.com' } });
  const { twilio } = phone;
  twilio.route = (url) => {
    const target = new URL(phone.address).host;
    return url
      .replace('https://voice.example.com', `http://${target}`)
      .replace('wss://voice.example.com', `ws://${target}`);
  };
  const call = await twilio.phone(PERSON, OURS, 'https://voice.example.com/carriers/twilio/voice?a=%20b&c=d+e');
  expect(call.verbs[0]).toMatchObject({ verb: 'connect', streamUrl: 'wss://voice.example.com/carriers/twilio/media' });
  await until('the greeting', call.quiet());
  await call.hangUp();
  // A header of an untrusted hop moves nothing: what was signed for another host is not for us.
  const form = { ...ringing, CallSid: `CA${'2'.repeat(32)}` };
  const elsewhere = twilioSignature(
    AUTH_TOKEN,
    'https://evil.example.com/carriers/twilio/voice',
    new URLSearchParams({ AccountSid: ACCOUNT_SID, ...form }),
  );
  expect((await phone.post('/carriers/twilio/voice', form, elsewhere)).status).toBe(403);
});

test('a call to a number that nobody registered registers it: the default agent answers, and it does not dial out', async () => {
  await using phone = await openTelephone();
  const other = '+13105550188';
  const call = await phone.twilio.phone(PERSON, other, phone.voice);
  await until('the greeting', call.quiet());
  await call.hangUp();
  const numbers = await phone.api('GET', '/phone-numbers');
  expect(numbers.items.find(({ number }) => number === other)).toMatchObject({
    carrier: 'twilio',
    inboundEnabled: true,
    outboundEnabled: false,
    agentId: null,
  });
});

test('a webhook that comes twice answers for the same call', async () => {
  await using phone = await openTelephone();
  const [first, second] = await Promise.all([
    phone.post('/carriers/twilio/voice', ringing),
    phone.post('/carriers/twilio/voice', ringing),
  ]);
  const callOf = ({ body }: { body: string }) => /resume\/([0-9a-f-]+)/.exec(body)?.[1];
  expect(callOf(first)).toBeDefined();
  expect(callOf(second)).toBe(callOf(first));
  expect((await phone.api('GET', '/calls')).items).toHaveLength(1);
});

test('the status of an inbound call ends its record, and a session whose socket fell silent', async () => {
  await using phone = await openTelephone();
  const call = await phone.twilio.phone(PERSON, OURS, phone.voice);
  await until('the greeting', call.quiet());
  const path = `/calls/${(await phone.api('GET', '/calls')).items[0]?.id ?? ''}`;
  expect((await phone.api('GET', path)).status).toBe('in_progress');
  const posted = await phone.post('/carriers/twilio/status', { CallSid: call.sid, CallStatus: 'completed' });
  expect(posted.status).toBe(204);
  const over = await phone.watch('the end', path, ({ status }) => status === 'completed');
  expect(over['endReason']).toBe('caller_hung_up');
  expect(phone.log.filter(({ message }) => message === 'a call is over here')).toHaveLength(1);
});

test('while no call is taken, a caller hears a polite sentence', async () => {
  await using phone = await openTelephone({ environment: { MAX_CONCURRENT_CALLS: '1' } });
  const call = await phone.twilio.phone(PERSON, OURS, phone.voice);
  await until('the greeting', call.quiet());
  const second = await phone.twilio.phone('+12125550199', OURS, phone.voice);
  expect(second.verbs).toHaveLength(1);
  expect(second.verbs[0]).toMatchObject({ verb: 'say' });
  expect(JSON.stringify(second.verbs)).toContain('lines are busy');
  await call.hangUp();
});

/** Statuses as Twilio tells them of one dial, and what they come to in any order, told any number of times. */
const stories = {
  'nobody picks up': {
    webhooks: [
      ['status', { CallStatus: 'initiated' }],
      ['status', { CallStatus: 'ringing' }],
      ['status', { CallStatus: 'no-answer' }],
    ],
    ends: { status: 'no_answer', outcome: 'no_answer' },
  },
  'a machine picks up': {
    webhooks: [
      ['status', { CallStatus: 'ringing' }],
      ['status', { CallStatus: 'in-progress' }],
      ['answer', { CallStatus: 'in-progress' }],
      ['amd', { AnsweredBy: 'machine_start' }],
      ['status', { CallStatus: 'completed' }],
    ],
    ends: { status: 'no_answer', outcome: 'machine' },
  },
  'they are busy': {
    webhooks: [
      ['status', { CallStatus: 'initiated' }],
      ['status', { CallStatus: 'busy', SipResponseCode: '486' }],
    ],
    ends: { status: 'no_answer', outcome: 'busy' },
  },
  'the number is none': {
    webhooks: [
      ['status', { CallStatus: 'initiated' }],
      ['status', { CallStatus: 'failed', SipResponseCode: '404' }],
    ],
    ends: { status: 'failed', outcome: 'invalid_number' },
  },
} as const;

test.each(Object.entries(stories))(
  '%s: webhooks that are doubled and shuffled end the same',
  async (_name, story) => {
    await using phone = await openTelephone({ agent: { callbackPolicy: { maxAttempts: 1, maxDialsPerDay: 100 } } });
    const { twilio } = phone;
    twilio.losesStatus = () => true;
    twilio.callee = async () => undefined;
    for (let round = 0; round < 6; round += 1) {
      const booked = await phone.book(`+1212555013${round}`);
      const call = await until('the dial', twilio.placed(round));
      const attempt = await phone.watch(
        'its attempt',
        `/callbacks/${booked.id}`,
        ({ attempts }) => attempts[0]?.['carrierCallId'] !== null && attempts.length > 0,
      );
      const id = attempt.attempts[0]?.id ?? '';
      const doubled = [...story.webhooks, ...story.webhooks].map((webhook) => ({ webhook, at: Math.random() }));
      const order = doubled.toSorted((a, b) => a.at - b.at).map(({ webhook }) => webhook);
      for (const [what, fields] of order) {
        const { status } = await phone.post(`/carriers/twilio/${what}/${id}?callback=${booked.id}&n=1`, {
          CallSid: call.sid,
          ...fields,
        });
        expect(status, JSON.stringify(order)).toBeLessThan(300);
      }
      const done = await phone.api('GET', `/callbacks/${booked.id}`);
      expect({ status: done.status, outcome: done.attempts[0]?.['outcome'], order }).toEqual({ ...story.ends, order });
      expect(done.attempts).toHaveLength(1);
    }
    expect(twilio.dialled).toHaveLength(6);
  },
  60_000,
);
