import { expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { openTelephone, OURS, PERSON, speak } from './world.ts';

/** How the gateway's own instructions to the model begin. */
const NOTE = '(A note to you';

test('with models of Flux in both directions a call goes its way, and each turn is answered once', async () => {
  await using phone = await openTelephone({
    sentences: ['please call me back in 30 minutes', 'goodbye then'],
    environment: { DEEPGRAM_STT_MODEL: 'flux-general-en', DEEPGRAM_TTS_MODEL: 'flux-alexis-en' },
  });
  const { twilio, openai, deepgram } = phone;
  deepgram.fluxSpeaking.msPerCharacter = 12;
  const call = await twilio.phone(PERSON, OURS, phone.voice);
  await until('the greeting', call.quiet());
  speak(call);
  await phone.watch('the promise', '/callbacks', ({ items }) => items.length === 1);
  await until('the sentence of the promise', call.quiet());
  speak(call);
  await until('the end of the call', call.ended);
  await call.settled();

  const log = await phone.watch('the call log', '/calls', ({ items }) => items[0]?.status === 'completed');
  const said = await phone.api('GET', `/calls/${log.items[0]?.id ?? ''}`);
  expect(said.transcript.map(({ role, text, toolName }) => [role, toolName ?? text])).toEqual([
    ['agent', 'Hello.'],
    ['caller', 'please call me back in 30 minutes'],
    ['tool', 'schedule_callback'],
    ['agent', expect.stringContaining("I'll call you back in 30 minutes")],
    ['caller', 'goodbye then'],
    ['agent', 'Goodbye!'],
    ['tool', 'end_call'],
  ]);
  // A pause within a sentence may begin an answer in vain; nothing is asked but what was said. After the end the call is
  // summarised, sooner or later: that is no question of theirs.
  const asked = openai.chats().map(({ body }) => body.messages.at(-1));
  const questions = asked.filter((last) => last?.role === 'user' && last.content?.startsWith(NOTE) !== true);
  expect(new Set(questions.map((last) => last?.content))).toEqual(
    new Set(['please call me back in 30 minutes', 'goodbye then']),
  );
  for (const sockets of [deepgram.listens, deepgram.speaks])
    for (const { query } of sockets)
      expect([query.get('model')?.startsWith('flux'), query.get('encoding')]).toEqual([true, 'mulaw']);
  expect(deepgram.listens[0]?.query.get('eager_eot_threshold')).toBe('0.4');
}, 60_000);
