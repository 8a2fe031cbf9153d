import { expect, test } from 'vitest';
import { ACCOUNT_SID } from '../../fakes/twilio/server.ts';
import { until } from '../../support/until.ts';
import { loudness } from '../../support/wav.ts';
import { openTelephone, OURS, PERSON, speak, TOKEN } from './world.ts';

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

test('a person phones, asks to be called back, is called back, and the agent goes on where they were', async () => {
  await using phone = await openTelephone({
    sentences: ['please call me back in 30 minutes', 'goodbye then', 'yes it is me', 'thanks goodbye'],
  });
  const { twilio, openai, deepgram } = phone;

  // ---- they phone, and the promise is made
  const inbound = await twilio.phone(PERSON, OURS, phone.voice);
  await until('the greeting', inbound.quiet());
  speak(inbound);
  const booked = await phone.watch('the promise', '/callbacks', ({ items }) => items.length === 1);
  const callback = `/callbacks/${booked.items[0]?.id ?? ''}`;
  expect(booked.items[0]).toMatchObject({ status: 'scheduled', to: PERSON, reason: 'they asked for it' });
  await until('the sentence of the promise', inbound.quiet());
  speak(inbound);
  await until('the end of the call', inbound.ended);
  await inbound.settled();
  expect(inbound.streams).toBe(1);
  expect(inbound.verbs.at(-1)).toEqual({ verb: 'hangup' });

  const first = await phone.watch('the first call log', '/calls', ({ items }) => items[0]?.status === 'completed');
  const firstCall = `/calls/${first.items[0]?.id ?? ''}`;
  const said = await phone.api('GET', firstCall);
  expect(said).toMatchObject({ direction: 'inbound', from: PERSON, to: OURS, carrierCallId: inbound.sid });
  expect(said['endReason']).toBe('agent_ended');
  expect(said.transcript.map(({ role, text, heardText, toolName }) => [role, heardText ?? toolName ?? text])).toEqual([
    ['agent', 'Hello.'],
    ['caller', 'please call me back in 30 minutes'],
    ['tool', 'schedule_callback'],
    ['agent', expect.stringContaining("I'll call you back in 30 minutes")],
    ['caller', 'goodbye then'],
    ['agent', 'Goodbye!'],
    ['tool', 'end_call'],
  ]);

  // ---- half an hour later
  await phone.sql`update call set ended_at = ended_at - interval '30 minutes'`;
  const answered = Promise.withResolvers<void>();
  twilio.callee = async (call) => {
    await call.enter('ringing');
    await answered.promise;
    await call.enter('in-progress');
    await call.follow(call.options.request?.get('Url') ?? '');
  };
  await phone.api('POST', `${callback}/dial-now`, {});
  const outbound = await until('the dial', twilio.placed(0));
  const ringing = await phone.watch('its ringing', callback, (body) => body['phase'] === 'ringing');
  expect(ringing).toMatchObject({ status: 'dialing', nextAttemptAt: null });
  const attempt = ringing.attempts[0];
  expect(attempt).toMatchObject({ number: 1, status: 'ringing', carrierCallId: outbound.sid, outcome: null });

  const url = (what: string): string =>
    `${phone.gateway.url}/carriers/twilio/${what}/${attempt?.id ?? ''}?callback=${ringing.id}&n=1#ct=2000&rt=4000&rc=3&rp=all`;
  expect(twilio.dialled).toHaveLength(1);
  expect([...(twilio.dialled[0] ?? [])].map((pair) => pair.join(' = ')).toSorted(byText)).toEqual(
    [
      ['To', PERSON],
      ['From', OURS],
      ['Url', url('answer')],
      ['Method', 'POST'],
      ['StatusCallback', url('status')],
      ['StatusCallbackMethod', 'POST'],
      ['StatusCallbackEvent', 'initiated'],
      ['StatusCallbackEvent', 'ringing'],
      ['StatusCallbackEvent', 'answered'],
      ['StatusCallbackEvent', 'completed'],
      ['Timeout', '30'],
      ['MachineDetection', 'Enable'],
      ['AsyncAmd', 'true'],
      ['AsyncAmdStatusCallback', url('amd')],
      ['AsyncAmdStatusCallbackMethod', 'POST'],
    ]
      .map((pair) => pair.join(' = '))
      .toSorted(byText),
  );

  // ---- they pick up, and the agent remembers
  answered.resolve();
  await phone.watch('the conversation', callback, (body) => body['phase'] === 'on_call');
  await outbound.judge('human');
  await until('the opening', outbound.quiet());
  speak(outbound);
  await until('the answer', outbound.quiet());
  speak(outbound);
  await until('the end of the callback', outbound.ended);

  const done = await phone.watch('the promise kept', callback, ({ status }) => status === 'completed');
  expect(done).toMatchObject({ attemptsMade: 1, nextAttemptAt: null, phase: null, failureReason: null });
  expect(done.attempts).toEqual([
    expect.objectContaining({ outcome: 'completed', status: 'ended', counted: true, carrierCallId: outbound.sid }),
  ]);
  const opening = openai
    .chats()
    .find(({ body }) => body.messages.some(({ content }) => content?.includes('calling this person back') === true));
  const words = opening?.body.messages ?? [];
  expect(words.filter(({ role }) => role === 'user').map(({ content }) => content)).toEqual([
    'please call me back in 30 minutes',
    'goodbye then',
    expect.stringContaining('You are calling this person back, as you promised.'),
  ]);
  expect(
    words
      .filter(({ role }) => role === 'assistant')
      .flatMap(({ content, tool_calls: calls = [] }) => [content ?? '', ...calls.map((one) => one.function.name)])
      .filter((text) => text !== ''),
  ).toEqual([
    'Hello.',
    'schedule_callback',
    expect.stringContaining("I'll call you back in 30 minutes"),
    'Goodbye!',
    'end_call',
  ]);
  expect(words.find(({ role }) => role === 'tool')?.content).toContain('"ok":true');

  // ---- what is left of it
  const log = await phone.api('GET', '/calls?order=asc');
  expect(log.items.map(({ direction, status, callbackId }) => [direction, status, callbackId])).toEqual([
    ['inbound', 'completed', null],
    ['outbound', 'completed', ringing.id],
  ]);
  const second = await phone.api('GET', `/calls/${log.items[1]?.id ?? ''}`);
  expect(second['conversationId']).toBe(said['conversationId']);
  expect(second['endReason']).toBe('agent_ended');
  expect(second.transcript.map(({ role }) => role)).toEqual(['agent', 'caller', 'agent', 'caller', 'agent', 'tool']);
  for (const { id } of log.items) {
    await phone.watch('its recording', `/calls/${id}`, (body) => body['recordingAvailable'] === true);
    const answer = await fetch(`${phone.gateway.url}/api/v1/calls/${id}/recording`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const { left, right, seconds } = loudness(Buffer.from(await answer.arrayBuffer()));
    expect(left).toBeGreaterThan(100);
    expect(right).toBeGreaterThan(100);
    expect(seconds).toBeGreaterThan(2);
  }
  // Telephone audio from end to end: nothing was resampled.
  expect(deepgram.listens.every(({ query }) => query.get('encoding') === 'mulaw')).toBe(true);
  expect(deepgram.speaks.every(({ query }) => query.get('encoding') === 'mulaw')).toBe(true);
  // Nobody's words or numbers, and nothing secret, in the log.
  const lines = JSON.stringify(phone.log);
  for (const secret of [PERSON, OURS, 'goodbye', TOKEN, ACCOUNT_SID, 'Bearer']) expect(lines).not.toContain(secret);
}, 60_000);
