import { expect, test } from 'vitest';
import deepgram from '../../../src/stt/deepgram/index.ts';
import type { Stt } from '../../../src/stt/stt.ts';
import { hearBytes, hearScript } from '../../fakes/deepgram-hearing.ts';
import type { DeepgramServerOptions } from '../../fakes/deepgram-server.ts';
import { openTrial, type Trial } from '../../fakes/deepgram-trial.ts';
import { of, openEar, owned, pause, vocabulary, words } from '../../support/stt-ear.ts';

const sentence = 'please call me back in thirty minutes';

async function openCall(options: DeepgramServerOptions = {}, env: Record<string, string> = {}): Promise<Trial<Stt>> {
  return openTrial(deepgram, { hearing: hearBytes(vocabulary), ...options }, env);
}

test('a sentence comes as a start, words that may change, words that stay, and one end', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  await call.server.listen(0);
  ear.stream.write(words(0, 7));
  ear.stream.write(pause(2000));
  await ear.hears('end');
  // UtteranceEnd comes 700 ms after the pause was heard, for the same words.
  const connection = await call.server.listen(0);
  await connection.when('all audio', () => connection.audioBytes === 7 * 1600 + 16_000);
  await call.pass(100);
  expect(ear.heard.filter((event) => event === 'speech')).toHaveLength(1);
  expect(of(ear.heard, 'interim').length).toBeGreaterThan(1);
  expect(of(ear.heard, 'final')).toEqual([sentence]);
  expect(of(ear.heard, 'end')).toEqual([sentence]);
  expect(ear.heard.indexOf('speech')).toBe(0);
});

test('a telephone is heard as mu-law at 8 kHz, without compression, with the key in the header alone', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  const { query, headers } = await call.server.listen(0);
  expect(Object.fromEntries(query)).toEqual({
    model: 'nova-3',
    language: 'en-US',
    encoding: 'mulaw',
    sample_rate: '8000',
    channels: '1',
    interim_results: 'true',
    endpointing: '300',
    utterance_end_ms: '1000',
    vad_events: 'true',
    smart_format: 'true',
    no_delay: 'true',
  });
  expect(headers.authorization).toBe('Token test-key');
  expect(headers['sec-websocket-extensions']).toBeUndefined();
  expect(ear.heard).toEqual([]);
});

test('a page is heard as PCM at its own rate, and with the model and language of its agent', async () => {
  await using call = await openCall();
  using ear = owned(
    openEar(call.vendor, { format: { encoding: 'pcm16', sampleRateHz: 48_000 }, model: 'nova-2', language: 'es' }),
  );
  const { query } = await call.server.listen(0);
  expect([query.get('encoding'), query.get('sample_rate'), query.get('model'), query.get('language')]).toEqual([
    'linear16',
    '48000',
    'nova-2',
    'es',
  ]);
  expect(ear.heard).toEqual([]);
});

test('audio goes in parts of 40 ms, and at once when a final is asked for', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  const connection = await call.server.listen(0);
  for (let frame = 0; frame < 5; frame += 1) ear.stream.write(Buffer.alloc(160, frame));
  await connection.when('two parts', () => connection.audio.length === 2);
  expect(connection.audio.map(({ length }) => length)).toEqual([320, 320]);
  ear.stream.finalize();
  await connection.when('a finalize', () => connection.count('Finalize') === 1);
  expect(connection.audio.map(({ length }) => length)).toEqual([320, 320, 160]);
  await ear.hears('end please call me back in');
});

test('where noise hides the pause, the gap after the last word ends the turn, once', async () => {
  await using call = await openCall();
  call.server.listening.speechFinal = false;
  using ear = owned(openEar(call.vendor));
  await call.server.listen(0);
  ear.stream.write(words(0, 7));
  ear.stream.write(pause(1500));
  await ear.hears('end');
  expect(of(ear.heard, 'end')).toEqual([sentence]);
});

test('noise without words starts speech and ends no turn', async () => {
  await using call = await openCall({ hearing: hearScript([{ fromMs: 0, toMs: 400, text: '' }]) });
  using ear = owned(openEar(call.vendor));
  const connection = await call.server.listen(0);
  ear.stream.write(pause(2000));
  await connection.when('all audio', () => connection.audioBytes === 16_000);
  await ear.hears('speech');
  await call.pass(100);
  expect(ear.heard).toEqual(['speech']);
});

for (const [how, fault] of [
  ['cut', 'cut'],
  ['closed by an inner fault', 1011],
  ['closed as if all were well', 1000],
] as const)
  test(`${how} in the middle of a sentence: no word is lost or doubled`, async () => {
    await using call = await openCall();
    using ear = owned(openEar(call.vendor));
    const first = await call.server.listen(0);
    ear.stream.write(words(0, 2));
    ear.stream.write(pause(400));
    await ear.hears('end');
    ear.stream.write(words(2, 4));
    await first.when('the words', () => first.audioBytes >= 9600);
    if (fault === 'cut') first.cut();
    else first.close(fault, 'NET-0000');
    ear.stream.write(words(4, 5));
    await call.pass(100);
    const second = await call.server.listen(1);
    ear.stream.write(words(5, 7));
    ear.stream.write(pause(400));
    await ear.hears('end', 2);
    expect(of(ear.heard, 'end')).toEqual(['please call', 'me back in thirty minutes']);
    expect(of(ear.heard, 'final')).toEqual(['please call', 'me back in thirty minutes']);
    // What was final before is not sent again.
    expect(Buffer.concat(second.audio).every((byte) => byte > 1)).toBe(true);
  });

test('a link that is half open is noticed and replaced, and what was said into it is understood', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  const first = await call.server.listen(0);
  await call.pass(3000);
  first.freeze();
  ear.stream.write(words(0, 7));
  ear.stream.write(pause(400));
  await call.pass(8000);
  await call.server.listen(1);
  await ear.hears('end');
  expect(of(ear.heard, 'end')).toEqual([sentence]);
  expect(of(ear.heard, 'error')).toEqual([]);
});

test('a recogniser that answers pings but understands nothing of much speech is replaced', async () => {
  await using call = await openCall();
  call.server.listening.deaf = true;
  using ear = owned(openEar(call.vendor));
  const connection = await call.server.listen(0);
  // Syllables: 300 ms of a loud tone, 100 ms of rest.
  const syllable = Buffer.from(
    Uint8Array.from({ length: 3200 }, (_, at) => (at >= 2400 ? 0xff : at % 20 < 10 ? 0x20 : 0xa0)),
  );
  for (let spoken = 0; spoken < 30 && call.server.listens.length < 2; spoken += 1) {
    ear.stream.write(syllable, true);
    await call.pass(400);
  }
  call.server.listening.deaf = false;
  await call.server.listen(1);
  expect(connection.pings).toBeGreaterThan(0);
  expect(of(ear.heard, 'error')).toEqual([]);
});

test('a caller who is silent, or whose line sends nothing, is not cut off', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  const connection = await call.server.listen(0);
  await call.pass(60_000);
  expect(call.server.listens).toHaveLength(1);
  expect(connection.closed).toBeUndefined();
  expect(connection.count('KeepAlive')).toBeGreaterThan(10);
  ear.stream.write(words(0, 7));
  ear.stream.write(pause(400));
  await ear.hears('end');
  expect(of(ear.heard, 'end')).toEqual([sentence]);
});

test('the first words after a long silence survive a reconnect whole', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  const first = await call.server.listen(0);
  await call.pass(20_000);
  // A short word stands right behind what becomes final.
  ear.stream.write(Buffer.concat([words(0, 2), pause(320), Buffer.alloc(640, 2)]));
  await ear.hears('end');
  await first.when('the short word', () => first.audioBytes === 800 + 3200 + 2560 + 640);
  first.cut();
  await call.pass(100);
  ear.stream.write(pause(400));
  await ear.hears('end', 2);
  expect(of(ear.heard, 'end')).toEqual(['please call', 'me']);
});

test('a network that takes nothing is noticed within four seconds, and holds no more than a few seconds of audio', async () => {
  await using call = await openCall({ hearing: hearScript([]) });
  using ear = owned(openEar(call.vendor, { format: { encoding: 'pcm16', sampleRateHz: 48_000 } }));
  const first = await call.server.listen(0);
  ear.stream.write(new Uint8Array(3840));
  await first.when('the first audio', () => first.audio.length === 1);
  first.freeze();
  for (let second = 0; second < 100; second += 1) ear.stream.write(new Uint8Array(96_000));
  await call.pass(3100);
  ear.stream.write(new Uint8Array(3840));
  await call.pass(100);
  const second = await call.server.listen(1);
  await second.when('what was kept', () => second.audioBytes >= 96_000 * 5);
  expect(second.audioBytes).toBe(96_000 * 5);
  expect(ear.heard).toEqual([]);
});

test('what is said after a jam comes once, also when the link breaks then', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  const first = await call.server.listen(0);
  ear.stream.write(pause(40));
  await first.when('the first audio', () => first.audio.length === 1);
  first.freeze();
  // More than the kernel holds for it, in hours of silence.
  for (let minute = 0; minute < 30; minute += 1) ear.stream.write(pause(60_000));
  first.socket.resume();
  await first.when('what the jam held', () => first.audioBytes > 1_000_000);
  for (let frame = 0; frame < 25; frame += 1) {
    ear.stream.write(pause(40));
    await call.pass(40);
  }
  ear.stream.write(words(2, 4));
  ear.stream.write(pause(400));
  await ear.hears('end');
  first.cut();
  await call.pass(100);
  ear.stream.write(words(4, 6));
  ear.stream.write(pause(400));
  await ear.hears('end', 2);
  expect(of(ear.heard, 'end')).toEqual(['me back', 'in thirty']);
  expect(JSON.stringify(call.lines)).toContain('the oldest audio is dropped');
});

test('audio that Deepgram can never decode is told at once', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  const connection = await call.server.listen(0);
  connection.close(1008, 'DATA-0000');
  await ear.hears('error');
  expect(ear.heard).toEqual(['error Deepgram failed: closed with 1008 DATA-0000']);
  expect(call.server.handshakes).toBe(1);
});

test('an outage of five seconds is told once, and nothing comes after it', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor));
  const connection = await call.server.listen(0);
  call.server.failNext(...Array.from({ length: 50 }, () => ({ kind: 'reset' }) as const));
  connection.cut();
  await call.pass(4000);
  expect(ear.heard).toEqual([]);
  await call.pass(4000);
  expect(ear.heard).toEqual(['error Deepgram failed: could not be reached']);
  const { handshakes } = call.server;
  ear.stream.write(words(0, 7));
  await call.pass(10_000);
  expect(ear.heard).toHaveLength(1);
  expect(call.server.handshakes).toBe(handshakes);
  expect(handshakes).toBeLessThan(12);
});

test.each([
  [401, 1, 'Deepgram failed: refused with 401 INVALID_AUTH'],
  [402, 1, 'Deepgram failed: refused with 402 ASR_PAYMENT_REQUIRED'],
  [429, 2, 'Deepgram failed: refused with 429 TOO_MANY_REQUESTS'],
])('refused with %s: %s handshakes, then it is told with its reason', async (status, handshakes, message) => {
  await using call = await openCall();
  call.server.failNext(...Array.from({ length: 9 }, () => ({ kind: 'refuse', status }) as const));
  using ear = owned(openEar(call.vendor));
  while (ear.heard.length === 0 && call.clock.nowMs() < 5000) await call.pass(100);
  expect(ear.heard).toEqual([`error ${message}`]);
  expect(call.server.handshakes).toBe(handshakes);
});

test('a server that is broken for a moment, or that does not answer, is asked again; what was said is understood', async () => {
  await using call = await openCall();
  call.server.failNext({ kind: 'refuse', status: 503 }, { kind: 'reset' }, { kind: 'hang' });
  using ear = owned(openEar(call.vendor));
  ear.stream.write(words(0, 7));
  ear.stream.write(pause(400));
  while (call.server.listens.length === 0 && call.clock.nowMs() < 10_000) await call.pass(100);
  await ear.hears('end');
  expect(of(ear.heard, 'end')).toEqual([sentence]);
});

test('while there is no connection the last five seconds are kept, and the loss of the rest is logged', async () => {
  await using call = await openCall();
  call.server.failNext({ kind: 'hang' });
  using ear = owned(openEar(call.vendor));
  ear.stream.write(words(0, 3));
  ear.stream.write(pause(4600));
  ear.stream.write(words(5, 7));
  await call.pass(3000);
  const connection = await call.server.listen(0);
  await connection.when('what was kept', () => connection.audioBytes >= 40_000);
  expect(connection.audioBytes).toBe(40_000);
  ear.stream.write(pause(400));
  await ear.hears('end');
  expect(of(ear.heard, 'end')).toEqual(['thirty minutes']);
  ear.stream[Symbol.dispose]();
  expect(call.lines).toContainEqual(
    expect.objectContaining({ level: 'warn', fields: { vendor: 'deepgram', droppedMs: 600 } }),
  );
});

test('nonsense, repeats and messages that nobody knows change nothing', async () => {
  await using call = await openCall();
  call.server.listening.repeatFinals = true;
  using ear = owned(openEar(call.vendor));
  const connection = await call.server.listen(0);
  for (const nonsense of [
    'garbage{',
    '',
    '[]',
    'null',
    { type: 'Results' },
    { type: 'Results', start: -1, duration: 'x', is_final: true, channel: { alternatives: [{ transcript: 'no' }] } },
    { type: 'Results', start: 0, duration: 1, is_final: true, channel: { alternatives: [] } },
    { type: 'SpeechFinished' },
  ])
    connection.say(nonsense);
  ear.stream.write(words(0, 7));
  ear.stream.write(pause(400));
  await ear.hears('end');
  await call.pass(100);
  expect(of(ear.heard, 'final')).toEqual([sentence]);
  expect(of(ear.heard, 'end')).toEqual([sentence]);
});

test('a model or a language that Deepgram does not know leaves nobody unheard', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor, { model: 'no-such-model', language: 'tlh' }));
  await call.pass(500);
  const { query } = await call.server.listen(0);
  expect([query.get('model'), query.get('language')]).toEqual(['nova-3', 'multi']);
  expect(ear.heard).toEqual([]);
});

test('closing says goodbye and waits for the answer, but not for one that does not come', async () => {
  await using call = await openCall();
  const ear = openEar(call.vendor);
  const dumb = openEar(call.vendor);
  const [polite, frozen] = [await call.server.listen(0), await call.server.listen(1)];
  frozen.freeze();
  ear.stream.write(words(0, 1));
  ear.stream[Symbol.dispose]();
  dumb.stream[Symbol.dispose]();
  await polite.when('the close', () => polite.closed !== undefined);
  expect(polite.count('CloseStream')).toBe(1);
  expect(polite.closed?.code).toBe(1000);
  expect(polite.audioBytes).toBe(1600);
  const closed = call.vendor[Symbol.asyncDispose]();
  await call.pass(2500);
  await closed;
  frozen.socket.resume();
  await frozen.when('the end', () => frozen.closed !== undefined);
  expect(frozen.closed?.code).toBe(1006);
  expect([...ear.heard, ...dumb.heard]).toEqual([]);
});

test('no word of a caller and no key stands in the log', async () => {
  await using call = await openCall();
  using ear = owned(openEar(call.vendor, { model: 'no-such-model' }));
  await call.pass(500);
  const connection = await call.server.listen(0);
  ear.stream.write(words(0, 7));
  ear.stream.write(pause(400));
  await ear.hears('end');
  connection.close(1011, `NET-0001 ${sentence}`);
  await call.pass(1000);
  expect(call.lines.length).toBeGreaterThan(0);
  expect(JSON.stringify(call.lines)).not.toMatch(/thirty|test-key/);
});

test('without a key and an address it does not open', async () => {
  const context = { clock: {} as never, log: {} as never, random: () => 0, publicUrl: '' };
  const settings = { DEEPGRAM_STT_MODEL: 'nova-3', DEEPGRAM_MAX_STT_STREAMS: 1, DEEPGRAM_STT_BATCH_MS: 40 };
  expect(
    await deepgram.open({ ...settings, DEEPGRAM_API_KEY: undefined, DEEPGRAM_BASE_URL: undefined }, context),
  ).toBeUndefined();
});
