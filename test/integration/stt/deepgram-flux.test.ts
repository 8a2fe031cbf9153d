import { expect, test } from 'vitest';
import flux from '../../../src/stt/deepgram-flux/index.ts';
import type { Stt } from '../../../src/stt/stt.ts';
import { hearBytes } from '../../fakes/deepgram-hearing.ts';
import type { DeepgramServerOptions } from '../../fakes/deepgram-server.ts';
import { openTrial, type Trial } from '../../fakes/deepgram-trial.ts';
import { of, openEar, owned, pause, vocabulary, words } from '../../support/stt-ear.ts';

const sentence = 'please call me back in thirty minutes';

async function openCall(options: DeepgramServerOptions = {}, env: Record<string, string> = {}): Promise<Trial<Stt>> {
  return openTrial(flux, { hearing: hearBytes(vocabulary), ...options }, env);
}

test('a sentence comes as a start, words that may change, an early end and an end with the same words', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  await call.server.listen(0);
  ear.stream.write(words(0, 7));
  ear.stream.write(pause(1000));
  await ear.hears('end please');
  expect(ear.heard[0]).toBe('speech');
  expect(ear.heard.filter((event) => event === 'speech')).toHaveLength(1);
  expect(of(ear.heard, 'interim').at(-1)).toBe(sentence);
  expect(ear.heard.slice(-3)).toEqual([`end early ${sentence}`, `final ${sentence}`, `end ${sentence}`]);
});

test('one who goes on after an early end takes it back, and their turn is one', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  await call.server.listen(0);
  ear.stream.write(words(0, 4));
  ear.stream.write(pause(320));
  ear.stream.write(words(4, 7));
  ear.stream.write(pause(1000));
  await ear.hears('end please');
  const ends = ear.heard.filter((event) => /^(end|resumed|final)/.test(event));
  expect(ends).toEqual([
    'end early please call me back',
    'resumed',
    `end early ${sentence}`,
    `final ${sentence}`,
    `end ${sentence}`,
  ]);
});

test('a turn that is ended by our own decision is not said once more with what follows', async () => {
  await using call = await openCall();
  call.server.fluxListening.endAfterMs = 60_000;
  using ear = owned(openEar(call.vendor));
  const connection = await call.server.listen(0);
  // There is no turn yet that could be ended.
  ear.stream.endTurn?.();
  ear.stream.write(words(0, 4));
  ear.stream.write(pause(320));
  await ear.hears('end early please call me back');
  ear.stream.endTurn?.();
  await ear.hears('end please call me back');
  // Nor is there now.
  ear.stream.endTurn?.();
  ear.stream.write(words(4, 7));
  ear.stream.write(pause(320));
  await ear.hears('end early in thirty minutes');
  ear.stream.endTurn?.();
  await ear.hears('end in thirty minutes');
  expect(of(ear.heard, 'final')).toEqual(['please call me back', 'in thirty minutes']);
  expect(connection.messages).toEqual([{ type: 'ForceEndTurn' }, { type: 'ForceEndTurn' }]);
});

test('with an early answer switched off no end comes early, and Deepgram is not asked for one', async () => {
  await using call = await openCall({}, { DEEPGRAM_FLUX_EAGER: '0' });
  using ear = owned(openEar(call.vendor));
  const connection = await call.server.listen(0);
  expect(call.vendor.capabilities.endOfTurn).toBe('model');
  expect(connection.query.has('eager_eot_threshold')).toBe(false);
  ear.stream.write(words(0, 7));
  ear.stream.write(pause(1000));
  await ear.hears('end please');
  expect(ear.heard.filter((event) => event.startsWith('end'))).toEqual([`end ${sentence}`]);
});

test('audio goes out in parts of 80 ms, in the order in which it came', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  const connection = await call.server.listen(0);
  for (let frame = 0; frame < 40; frame += 1) ear.stream.write(Buffer.alloc(160, frame % 4));
  await connection.when('its audio', () => connection.audioBytes === 6400);
  expect(connection.audio.map(({ length }) => length)).toEqual(Array.from({ length: 10 }, () => 640));
});

test('a carrier that falls silent in the middle of a turn does not keep its end back', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  const connection = await call.server.listen(0);
  ear.stream.write(words(0, 3));
  await connection.when('its words', () => connection.audioBytes >= 4480);
  await call.pass(1600);
  await ear.hears('end please');
  expect(of(ear.heard, 'final')).toEqual(['please call me']);
});

test('silence that nobody recorded moves no word: what follows it is sent again whole after a loss', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  const first = await call.server.listen(0);
  ear.stream.write(words(0, 2));
  await first.when('its words', () => first.audioBytes === 3200);
  await call.pass(1600);
  await ear.hears('end please call');
  ear.stream.write(words(2, 6));
  await ear.hears('interim me back');
  first.cut();
  await call.pass(200);
  const second = await call.server.listen(1);
  ear.stream.write(words(6, 7));
  ear.stream.write(pause(1000));
  await second.when('the rest', () => second.audioBytes > 6400);
  await ear.hears('end me back');
  expect(of(ear.heard, 'final')).toEqual(['please call', 'me back in thirty minutes']);
});

test('a link that breaks in the middle of a long turn loses and doubles no word, old or new', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  const first = await call.server.listen(0);
  // Longer than what is kept to be sent again: a turn of somebody who thinks after each word.
  Object.assign(call.server.fluxListening, { eagerAfterMs: 2500, endAfterMs: 2500 });
  for (let word = 0; word < 4; word += 1) {
    ear.stream.write(words(word, word + 1));
    ear.stream.write(pause(1800));
    await first.when('a word', () => first.audioBytes === (word + 1) * 16_000);
  }
  await ear.hears('interim please call me back');
  first.cut();
  await call.pass(200);
  await call.server.listen(1);
  ear.stream.write(words(4, 7));
  ear.stream.write(pause(3000));
  await ear.hears('end please');
  expect(of(ear.heard, 'final')).toEqual([sentence]);
});

test('a link that breaks after an early end takes it back first', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  const first = await call.server.listen(0);
  ear.stream.write(words(0, 7));
  ear.stream.write(pause(320));
  await ear.hears('end early');
  first.cut();
  await call.pass(200);
  await call.server.listen(1);
  ear.stream.write(pause(1000));
  await ear.hears('end please');
  const ends = ear.heard.filter((event) => /^(end|resumed|final)/.test(event));
  expect(ends.slice(0, 2)).toEqual([`end early ${sentence}`, 'resumed']);
  expect(ends.at(-1)).toBe(`end ${sentence}`);
  expect(of(ear.heard, 'final')).toEqual([sentence]);
});

test('what comes twice counts once', async () => {
  await using call = await openCall();
  call.server.fluxListening.repeats = true;
  using ear = owned(openEar(call.vendor));
  await call.server.listen(0);
  ear.stream.write(words(0, 7));
  ear.stream.write(pause(1000));
  await ear.hears('end please');
  ear.stream.write(words(7, 9));
  ear.stream.write(pause(1000));
  await ear.hears('end or');
  expect(of(ear.heard, 'final')).toEqual([sentence, 'or so']);
  expect(ear.heard.filter((event) => event.startsWith('end early'))).toHaveLength(2);
});

test('words without times are still words', async () => {
  await using call = await openCall();
  call.server.fluxListening.wordTimes = false;
  using ear = owned(openEar(call.vendor));
  await call.server.listen(0);
  ear.stream.write(words(0, 7));
  ear.stream.write(pause(1000));
  await ear.hears('end please');
  expect(of(ear.heard, 'final')).toEqual([sentence]);
});

test('one that hears nothing while somebody speaks is left for another', async () => {
  await using call = await openCall();
  call.server.fluxListening.deaf = true;
  using ear = owned(openEar(call.vendor));
  await call.server.listen(0);
  // Syllables: 300 ms of a loud tone, 100 ms of rest.
  const syllable = Buffer.from(
    Uint8Array.from({ length: 3200 }, (_, at) => (at >= 2400 ? 0xff : at % 20 < 10 ? 0x20 : 0xa0)),
  );
  for (let spoken = 0; spoken < 30 && call.server.listens.length < 2; spoken += 1) {
    ear.stream.write(syllable, true);
    await call.pass(400);
  }
  call.server.fluxListening.deaf = false;
  await call.server.listen(1);
  expect(call.lines.map(({ message }) => message)).toContain(
    'a live transcription takes nothing in and is opened anew',
  );
});

test('one that greets and hangs up each time is given up, and not called for ever', async () => {
  await using call = await openCall();
  call.server.fluxListening.hangsUp = true;
  using ear = owned(openEar(call.vendor));
  await call.pass(15_000);
  expect(ear.heard).toEqual(['error Deepgram failed: closed with 1011 NET-0000']);
  expect(call.server.handshakes).toBeLessThanOrEqual(10);
});

test('an agent that speaks another language is heard by the model of many, with a hint', async () => {
  await using call = await openCall();
  using german = owned(openEar(call.vendor, { language: 'de-DE' }));
  const { query } = await call.server.listen(0);
  expect([query.get('model'), query.get('language_hint')]).toEqual(['flux-general-multi', 'de']);
  using polish = owned(openEar(call.vendor, { language: 'pl' }));
  const second = await call.server.listen(1);
  expect([second.query.get('model'), second.query.has('language_hint')]).toEqual(['flux-general-multi', false]);
  expect([german.heard, polish.heard]).toEqual([[], []]);
});

test('a model that is not known leaves no caller unheard', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor, { model: 'flux-of-tomorrow' }));
  await call.pass(100);
  await call.server.listen(0);
  ear.stream.write(words(0, 7));
  ear.stream.write(pause(1000));
  await ear.hears('end please');
  expect(call.server.handshakes).toBe(2);
});

test('messages that are not understood change nothing', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  const connection = await call.server.listen(0);
  for (const message of ['{', '[]', '{"type":"TurnInfo"}', '{"type":"Later","event":"EndOfTurn"}', '{"type":"Error"}'])
    connection.say(message);
  ear.stream.write(words(0, 7));
  ear.stream.write(pause(1000));
  await ear.hears('end please');
  expect(of(ear.heard, 'final')).toEqual([sentence]);
});
