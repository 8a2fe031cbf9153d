import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { AUTH_TOKEN } from '../../fakes/twilio/server.ts';
import { twilioSignature } from '../../fakes/twilio/signature.ts';
import { slowness } from '../../support/slowness.ts';
import { until } from '../../support/until.ts';
import { openTelephone, OURS, PERSON, speak, type Telephone, type Wire } from './world.ts';

async function onlyCall(phone: Telephone): Promise<Wire> {
  const { items } = await phone.api('GET', '/calls');
  expect(items).toHaveLength(1);
  return phone.api('GET', `/calls/${items[0]?.id ?? ''}`);
}

/** Opens the media socket as Twilio would; resolves with the status of a refusal, or the close code. */
async function openMedia(
  phone: Telephone,
  signature: string | null,
  messages: readonly object[] = [],
): Promise<{ refused?: number; closed?: number }> {
  const socket = new WebSocket(`${phone.address.replace('http', 'ws')}/carriers/twilio/media`, {
    headers: signature === null ? {} : { 'x-twilio-signature': signature },
  });
  socket.on('error', () => undefined);
  const refused = once(socket, 'unexpected-response').then(([, response]) => ({
    refused: (response as { statusCode: number }).statusCode,
  }));
  socket.on('open', () => messages.forEach((message) => socket.send(JSON.stringify(message))));
  const closed = once(socket, 'close').then(([code]) => ({ closed: code as number }));
  try {
    return await until('the end of the socket', Promise.race([refused, closed]));
  } finally {
    socket.terminate();
  }
}

const start = (callSid: string, customParameters: object) => ({
  event: 'start',
  streamSid: 'MZ1',
  start: { streamSid: 'MZ1', callSid, customParameters },
});

const LONG = 'This is a long story that takes quite some time to be told from its beginning to its end.';

describe('a stream that breaks', () => {
  test('is opened again, and the agent goes on where they were, without greeting', async () => {
    await using phone = await openTelephone({ sentences: ['my heating is broken', 'what did I say', 'goodbye'] });
    const { twilio, openai } = phone;
    const call = await twilio.phone(PERSON, OURS, phone.voice);
    await until('the greeting', call.quiet());
    speak(call);
    await until('the answer', call.quiet());
    const cutAt = performance.now();
    call.leg?.cut();
    await until('the new stream', call.opened(2));
    expect(performance.now() - cutAt).toBeLessThan(2_000 * slowness());
    speak(call);
    await until('the answer', call.quiet());
    speak(call);
    await until('the end', call.ended);

    const log = await phone.watch(
      'the log',
      `/calls/${(await onlyCall(phone)).id}`,
      ({ status }) => status === 'completed',
    );
    expect(log.transcript.map(({ role, text }) => [role, text])).toEqual([
      ['agent', 'Hello.'],
      ['caller', 'my heating is broken'],
      ['agent', 'You said: my heating is broken'],
      ['caller', 'what did I say'],
      ['agent', 'You said: what did I say'],
      ['caller', 'goodbye'],
      ['agent', 'Goodbye!'],
      ['tool', ''],
    ]);
    expect(log.transcript.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(log['endReason']).toBe('agent_ended');
    const asked = openai.chats().find(({ body }) => body.messages.at(-1)?.content === 'what did I say');
    const words = asked?.body.messages.filter(({ role }) => role !== 'system').map(({ content }) => content);
    expect(words).toEqual(['Hello.', 'my heating is broken', 'You said: my heating is broken', 'what did I say']);
    expect(call.streams).toBe(2);
  });

  test('in the middle of an answer: what was heard of it is kept, and the agent goes on within two seconds', async () => {
    let answers = 0;
    await using phone = await openTelephone({
      sentences: ['tell me everything', 'go on'],
      reply: () => ({
        text: (answers += 1) > 1 ? 'Where was I.' : LONG,
      }),
    });
    const call = await phone.twilio.phone(PERSON, OURS, phone.voice);
    await until('the greeting', call.quiet());
    speak(call);
    await until('some of the answer', call.said(400));
    const cutAt = performance.now();
    call.leg?.cut();
    await until('the new stream', call.opened(2));
    await until('its words', call.said(20));
    expect(performance.now() - cutAt).toBeLessThan(2_000 * slowness());
    await until('the rest', call.quiet());
    await call.hangUp();
    const log = await phone.watch(
      'the log',
      `/calls/${(await onlyCall(phone)).id}`,
      ({ status }) => status === 'completed',
    );
    const [, , answer, rest] = log.transcript;
    expect(rest).toMatchObject({ role: 'agent', heardText: 'Where was I.' });
    const asked = phone.openai.chats().at(1)?.body.messages ?? [];
    expect(asked.at(-1)?.content).toContain('The line broke for a moment while you were speaking');
    expect(answer).toMatchObject({ role: 'agent', interrupted: true });
    expect(String(answer?.['heardText']).length).toBeGreaterThan(0);
    expect(String(answer?.['heardText']).length).toBeLessThan(String(answer?.['text']).length);
    expect(log.transcript.filter(({ text }) => text === 'Hello.')).toHaveLength(1);
  });

  test('is opened again three times, then the call is over', async () => {
    await using phone = await openTelephone();
    const call = await phone.twilio.phone(PERSON, OURS, phone.voice);
    await until('the greeting', call.quiet());
    for (let stream = 2; stream <= 4; stream += 1) {
      call.leg?.cut();
      await until(`stream ${stream}`, call.opened(stream));
      await phone.watch('its session', '/calls', ({ items }) => items[0]?.status === 'in_progress');
    }
    call.leg?.cut();
    await until('the end', call.ended);
    expect(call.verbs.map(({ verb }) => verb)).toEqual(['connect', 'connect', 'connect', 'connect', 'hangup']);
    const log = await phone.watch(
      'the log',
      `/calls/${(await onlyCall(phone)).id}`,
      (body) => body['endedAt'] !== null,
    );
    expect(log['endReason']).toBe('error');
  });

  test('together with the call, of which nobody says a word, ends the record', async () => {
    await using phone = await openTelephone();
    const { twilio } = phone;
    const call = await twilio.phone(PERSON, OURS, phone.voice);
    await until('the greeting', call.quiet());
    // They hang up while the network is away: neither a stop nor a question ever arrives.
    call.status = 'completed';
    call.leg?.cut();
    const log = await phone.watch(
      'the log',
      `/calls/${(await onlyCall(phone)).id}`,
      ({ status }) => status === 'completed',
    );
    expect(log['endReason']).toBe('caller_hung_up');
    expect(twilio.asked).toContain(`GET /Calls/${call.sid}.json`);
  });

  test('and a question that is never asked: the call is hung up, nobody listens to nothing', async () => {
    await using phone = await openTelephone();
    const { twilio } = phone;
    const call = await twilio.phone(PERSON, OURS, phone.voice);
    await until('the greeting', call.quiet());
    call.asksWhatNext = false;
    call.leg?.cut();
    await until('the hang-up', call.ended);
    expect(twilio.asked).toContain(`POST /Calls/${call.sid}.json`);
    await phone.watch('the log', `/calls/${(await onlyCall(phone)).id}`, ({ status }) => status === 'completed');
  });
});

describe('a media socket', () => {
  test('without the signature of Twilio is a 403 before it is one', async () => {
    await using phone = await openTelephone();
    const url = `${phone.address.replace('http', 'ws')}/carriers/twilio/media`;
    expect(await openMedia(phone, null)).toEqual({ refused: 403 });
    expect(await openMedia(phone, twilioSignature('another token of somebody', url))).toEqual({ refused: 403 });
    expect(await openMedia(phone, twilioSignature(AUTH_TOKEN, url.replace('ws:', 'http:')))).toEqual({ refused: 403 });
  });

  test('M14: with a token that is missing, wrong, used, or of another call is closed, and nothing is created', async () => {
    await using phone = await openTelephone({ sentences: ['are you still there'] });
    const { twilio } = phone;
    const call = await twilio.phone(PERSON, OURS, phone.voice);
    await until('the greeting', call.quiet());
    const other = await phone.post('/carriers/twilio/voice', {
      CallSid: `CA${'1'.repeat(32)}`,
      From: '+12125550199',
      To: OURS,
      CallStatus: 'ringing',
    });
    const unused = /name="token" value="([^"]+)"/.exec(other.body)?.[1] ?? '';
    expect(unused).not.toBe('');
    const verb = call.verbs[0];
    const used = verb?.verb === 'connect' ? (verb.parameters['token'] ?? '') : '';
    const signature = twilioSignature(AUTH_TOKEN, `${phone.address.replace('http', 'ws')}/carriers/twilio/media`);
    const before = await phone.sql`select id, status, replica_id from call order by 1`;
    for (const [sid, parameters] of [
      [call.sid, {}],
      [call.sid, { token: 'a'.repeat(43) }],
      [call.sid, { token: used }],
      [call.sid, { token: unused }],
    ] as const)
      expect(await openMedia(phone, signature, [start(sid, parameters)])).toEqual({ closed: 1008 });
    expect(await phone.sql`select id, status, replica_id from call order by 1`).toEqual(before);
    // A token that was shown to the wrong call is no good for the right one any more.
    expect(await openMedia(phone, signature, [start(`CA${'1'.repeat(32)}`, { token: unused })])).toEqual({
      closed: 1008,
    });
    // The live call has not noticed.
    speak(call);
    await until('the answer', call.quiet());
    await call.hangUp();
  });
});

describe('what another socket does', () => {
  test.each([
    ['a frame that is too large', [{ event: 'media', media: { payload: 'A'.repeat(70_000) } }], 1009],
    ['garbage', Array.from({ length: 12 }, () => ({ event: 'dance' })), 1002],
    ['audio before a start', Array.from({ length: 12 }, () => ({ event: 'media', media: { payload: 'AAAA' } })), 1002],
  ])('(%s) is not noticed by a live call', async (_what, messages, code) => {
    await using phone = await openTelephone({ sentences: ['are you still there'] });
    const call = await phone.twilio.phone(PERSON, OURS, phone.voice);
    await until('the greeting', call.quiet());
    const signature = twilioSignature(AUTH_TOKEN, `${phone.address.replace('http', 'ws')}/carriers/twilio/media`);
    expect(await openMedia(phone, signature, messages)).toEqual({ closed: code });
    speak(call);
    await until('the answer', call.quiet());
    expect(call.streams).toBe(1);
    await call.hangUp();
  });
});
