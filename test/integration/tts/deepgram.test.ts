import { expect, test } from 'vitest';
import { durationMs, type AudioFormat } from '../../../media/audio-format.ts';
import { isRingbackError, RingbackError } from '../../../src/errors.ts';
import deepgram from '../../../src/tts/deepgram/index.ts';
import type { Tts, TtsOptions, TtsVoice, Utterance } from '../../../src/tts/tts.ts';
import { listener, type Listener } from '../../conformance/support/listener.ts';
import { speakersIn } from '../../fakes/deepgram-speak.ts';
import { openTrial, type Trial } from '../../fakes/deepgram-trial.ts';

const telephone: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };

function openVoice(tts: Tts, options: Partial<TtsOptions> = {}): TtsVoice {
  return tts.open({
    format: telephone,
    voice: null,
    language: 'en-US',
    signal: new AbortController().signal,
    ...options,
  });
}

/** Has these clauses spoken. */
function say(voice: TtsVoice, ...clauses: string[]): Listener & { utterance: Utterance } {
  const heard = listener();
  const utterance = voice.utter(heard.events);
  for (const clause of clauses) utterance.push(clause);
  utterance.finish();
  return { ...heard, utterance };
}

/** Moves time until the utterance is over. */
async function over(call: Trial<Tts>, heard: Listener): Promise<void> {
  const isOver = (): boolean => heard.heard.some(({ type }) => type === 'end' || type === 'error');
  const beganMs = call.clock.nowMs();
  while (!isOver() && call.clock.nowMs() - beganMs < 60_000) await call.pass(50);
  expect(isOver(), 'the utterance is over').toBe(true);
}

function faults(heard: Listener): string[] {
  return heard.heard.flatMap((event) =>
    event.type === 'error'
      ? [isRingbackError(event.error, 'vendor_failed') ? event.error.message : event.error.name]
      : [],
  );
}

test('a telephone gets mu-law at 8 kHz as Deepgram gives it, clause by clause, over one warm line', async () => {
  await using call = await openTrial(deepgram);
  using voice = openVoice(call.vendor);
  const line = await call.server.speak(0);
  expect(Object.fromEntries(line.query)).toEqual({ model: 'aura-2-thalia-en', encoding: 'mulaw', sample_rate: '8000' });
  expect(line.headers.authorization).toBe('Token test-key');
  expect(line.headers['sec-websocket-extensions']).toBeUndefined();
  const first = say(voice, 'I will call you back,', 'in half an hour.');
  await first.ended();
  expect(speakersIn(first.audio(0))).toEqual([0]);
  expect(speakersIn(first.audio(1))).toEqual([1]);
  expect(durationMs(telephone, first.audio(1).length)).toBeCloseTo('in half an hour.'.length * 40, 0);
  const second = say(voice, 'Goodbye.');
  await second.ended();
  expect(speakersIn(second.audio())).toEqual([2]);
  expect(call.server.handshakes).toBe(1);
  expect(line.messages.map(({ type }) => type)).toEqual(['Speak', 'Flush', 'Speak', 'Flush', 'Speak', 'Flush']);
});

test('another rate comes as PCM, in whole samples and without a header, however it is cut', async () => {
  await using call = await openTrial(deepgram);
  Object.assign(call.server.speaking, { chunkBytes: 333, wavHeader: true });
  const format: AudioFormat = { encoding: 'pcm16', sampleRateHz: 16_000 };
  using voice = openVoice(call.vendor, { format });
  const heard = say(voice, 'Of course.');
  await heard.ended();
  const { query } = await call.server.speak(0);
  expect([query.get('encoding'), query.get('sample_rate')]).toEqual(['linear16', '16000']);
  expect(heard.heard.every((event) => event.type !== 'audio' || event.audio.length % 2 === 0)).toBe(true);
  expect(heard.audio().length).toBe('Of course.'.length * 40 * 32);
  expect(heard.audio()[0]).toBe(0);
});

test('an interruption clears the line; nothing of the old turn is heard again, and the line serves the next', async () => {
  await using call = await openTrial(deepgram);
  call.server.speaking.pace = 4;
  using voice = openVoice(call.vendor);
  const old = say(voice, 'This will take a rather long time to say, and nobody wants to hear it.', 'Nor this.');
  while (old.audio().length === 0) await call.pass(50);
  old.utterance.cancel();
  const before = old.heard.length;
  const next = say(voice, 'Of course.');
  await over(call, next);
  expect(old.heard).toHaveLength(before);
  expect(speakersIn(next.audio())).toEqual([1]);
  const line = await call.server.speak(0);
  expect(line.count('Clear')).toBe(1);
  expect(call.server.handshakes).toBe(1);
});

test('an interruption before the first audio, and one after the last, need no clearing of what is not there', async () => {
  await using call = await openTrial(deepgram);
  call.server.speaking.firstAudioMs = 300;
  using voice = openVoice(call.vendor);
  const line = await call.server.speak(0);
  const early = say(voice, 'Too late for this.');
  await line.when('the flush', () => line.count('Flush') === 1);
  early.utterance.cancel();
  const whole = say(voice, 'Of course.');
  await over(call, whole);
  whole.utterance.cancel();
  const last = say(voice, 'Goodbye.');
  await over(call, last);
  expect(early.heard).toEqual([]);
  expect(faults(whole)).toEqual([]);
  expect(line.count('Clear')).toBe(1);
  expect(last.audio().length).toBeGreaterThan(0);
});

test('a line that does not confirm the clearing is left for another', async () => {
  await using call = await openTrial(deepgram);
  Object.assign(call.server.speaking, { pace: 4, holdCleared: true });
  using voice = openVoice(call.vendor);
  const old = say(voice, 'This will take a rather long time to say, and nobody wants to hear it.');
  while (old.audio().length === 0) await call.pass(50);
  old.utterance.cancel();
  const next = say(voice, 'Of course.');
  await over(call, next);
  expect(faults(next)).toEqual([]);
  expect(speakersIn(next.audio())).toEqual([1]);
  expect(call.server.speaks).toHaveLength(2);
  const left = await call.server.speak(0);
  await left.when('the end of the first line', () => left.closed !== undefined);
});

test('audio of the old turn that comes after the clearing was confirmed is never heard', async () => {
  await using call = await openTrial(deepgram);
  Object.assign(call.server.speaking, { pace: 4, strayBytes: 800 });
  using voice = openVoice(call.vendor);
  const old = say(voice, 'This will take a rather long time to say, and nobody wants to hear it.');
  while (old.audio().length === 0) await call.pass(50);
  old.utterance.cancel();
  const before = old.heard.length;
  const next = say(voice, 'Of course.', 'Goodbye.');
  await over(call, next);
  expect(old.heard).toHaveLength(before);
  expect(speakersIn(next.audio())).toEqual([1, 2]);
  // Audio that belongs to nobody condemns its line.
  expect(call.server.speaks.length).toBeGreaterThan(1);
});

test('a line that breaks in the middle of a clause: it goes on where it broke, on another line', async () => {
  await using call = await openTrial(deepgram);
  Object.assign(call.server.speaking, { pace: 2, chunkBytes: 800 });
  using voice = openVoice(call.vendor);
  const clause = 'This is said once and to its end.';
  const heard = say(voice, clause);
  const line = await call.server.speak(0);
  while (heard.audio().length < 4000) await call.pass(50);
  line.cut();
  await over(call, heard);
  expect(faults(heard)).toEqual([]);
  expect(heard.audio().length).toBe(clause.length * 40 * 8);
  // The fake's audio runs on in steps of eight: a jump would show.
  const jumps = [...heard.audio()].filter(
    (byte, at, all) => at > 0 && byte >> 3 !== (((all[at - 1] ?? 0) >> 3) + 1) % 32,
  );
  expect(jumps).toEqual([]);
  expect(heard.heard.filter(({ type }) => type === 'segment_end')).toHaveLength(1);
  expect(call.server.speaks).toHaveLength(2);
});

test.each([
  ['says nothing', 0],
  ['stops in the middle', 800],
])('a voice that %s twice is given up within three seconds, and it is told once', async (_how, stallAfterBytes) => {
  await using call = await openTrial(deepgram);
  Object.assign(call.server.speaking, { stallAfterBytes, chunkBytes: 400 });
  using voice = openVoice(call.vendor);
  const heard = say(voice, 'Of course I will do that.', 'Goodbye.');
  await over(call, heard);
  expect(call.clock.nowMs()).toBeLessThanOrEqual(3000);
  expect(faults(heard)).toEqual(['Deepgram failed: the voice stalled']);
  const before = heard.heard.length;
  call.server.speaking.stallAfterBytes = null;
  await call.pass(1000);
  expect(heard.heard).toHaveLength(before);
  // The call goes on: its next words are spoken.
  const next = say(voice, 'I am sorry.');
  await over(call, next);
  expect(faults(next)).toEqual([]);
});

test.each([
  [401, 'Deepgram failed: refused with 401 INVALID_AUTH'],
  [429, 'Deepgram failed: refused with 429 TOO_MANY_REQUESTS'],
  [503, 'Deepgram failed: refused with 503 INTERNAL_SERVER_ERROR'],
])(
  'refused with %s for as long as it is tried: told once, with its reason, before three seconds are over',
  async (status, message) => {
    await using call = await openTrial(deepgram);
    call.server.failNext(...Array.from({ length: 30 }, () => ({ kind: 'refuse', status }) as const));
    using voice = openVoice(call.vendor);
    const heard = say(voice, 'Of course.');
    await over(call, heard);
    expect(faults(heard)).toEqual([message]);
    expect(call.clock.nowMs()).toBeLessThan(3200);
    expect(call.server.handshakes).toBeLessThan(8);
  },
);

test('a server that breaks once and hangs once delays the words, no more', async () => {
  await using call = await openTrial(deepgram);
  call.server.failNext({ kind: 'reset' }, { kind: 'hang' });
  using voice = openVoice(call.vendor);
  const heard = say(voice, 'Of course.');
  await over(call, heard);
  expect(faults(heard)).toEqual([]);
});

test('a half-open line is replaced before anybody speaks on it', async () => {
  await using call = await openTrial(deepgram);
  using voice = openVoice(call.vendor);
  const line = await call.server.speak(0);
  await call.pass(6000);
  line.freeze();
  await call.pass(10_000);
  await call.server.speak(1);
  const heard = say(voice, 'Of course.');
  await over(call, heard);
  expect(faults(heard)).toEqual([]);
  expect(call.server.speaks).toHaveLength(2);
});

test('a line that Deepgram closes while nobody speaks is warm again by the next turn', async () => {
  await using call = await openTrial(deepgram);
  using voice = openVoice(call.vendor);
  const line = await call.server.speak(0);
  await call.pass(20_000);
  line.close(1011, 'NET-0001');
  await call.server.speak(1);
  const heard = say(voice, 'Of course.');
  await heard.ended();
  expect(call.server.handshakes).toBe(2);
});

test('a line that is closed as soon as it opens is not opened again and again', async () => {
  await using call = await openTrial(deepgram);
  using voice = openVoice(call.vendor);
  const line = await call.server.speak(0);
  line.close(1011, 'NET-0000');
  await call.pass(10_000);
  expect(call.server.handshakes).toBe(1);
  const heard = say(voice, 'Of course.');
  await over(call, heard);
  expect(faults(heard)).toEqual([]);
});

test('a talkative agent changes the line before Deepgram ignores its flushes', async () => {
  await using call = await openTrial(deepgram);
  using voice = openVoice(call.vendor);
  const clauses = Array.from({ length: 45 }, (_, index) => `Clause number ${index}.`);
  const heard = say(voice, ...clauses);
  await over(call, heard);
  expect(faults(heard)).toEqual([]);
  expect(heard.heard.filter(({ type }) => type === 'segment_end')).toHaveLength(45);
  expect(call.server.speeches).toEqual(clauses);
  expect(call.server.speaks.every((line) => line.count('Flush') <= 20)).toBe(true);
});

test('flushes that are refused all the same fail like a stall, not in silence', async () => {
  await using call = await openTrial(deepgram);
  call.server.speaking.refuseFlushes = true;
  using voice = openVoice(call.vendor);
  const heard = say(voice, 'Of course.');
  await over(call, heard);
  expect(faults(heard)).toEqual(['Deepgram failed: the voice stalled']);
  expect(call.clock.nowMs()).toBeLessThan(1000);
});

test('an old line is changed between two turns, before its hour is over', async () => {
  await using call = await openTrial(deepgram);
  using voice = openVoice(call.vendor);
  await call.server.speak(0);
  // In one leap: nothing is due but pings, and they are answered.
  for (let minute = 0; minute < 56; minute += 1) {
    await call.pass(1000);
    for (let leap = 0; leap < 29; leap += 1) {
      await call.clock.advance(2000);
      await call.pass(50);
    }
  }
  const heard = say(voice, 'Of course.');
  await over(call, heard);
  expect(call.server.speaks).toHaveLength(2);
});

test('a text for which Deepgram has no sound ends like any other', async () => {
  await using call = await openTrial(deepgram);
  call.server.speaking.empty = true;
  using voice = openVoice(call.vendor);
  const heard = say(voice, 'Hm.', '…');
  await over(call, heard);
  expect(heard.heard.map(({ type }) => type)).toEqual(['segment_end', 'segment_end', 'end']);
  expect(call.server.speeches).toEqual(['Hm.']);
});

test('a long text goes in messages that Deepgram takes', async () => {
  await using call = await openTrial(deepgram);
  using voice = openVoice(call.vendor);
  const heard = say(voice, 'We will look into the matter and call you back soon. '.repeat(100));
  await over(call, heard);
  const line = await call.server.speak(0);
  expect(faults(heard)).toEqual([]);
  expect(Math.max(...line.messages.map(({ text = '' }) => text.length))).toBeLessThanOrEqual(2000);
  expect(heard.heard.filter(({ type }) => type === 'segment_end')).toHaveLength(1);
});

test('a voice that Deepgram does not have gives way to one that it has, and is not asked for again', async () => {
  await using call = await openTrial(deepgram);
  for (const handshakes of [2, 3]) {
    using voice = openVoice(call.vendor, { voice: 'no-such-voice' });
    const heard = say(voice, 'Of course.');
    await over(call, heard);
    expect(faults(heard)).toEqual([]);
    expect(call.server.handshakes).toBe(handshakes);
  }
  expect(call.server.speaks.map(({ query }) => query.get('model'))).toEqual(['aura-2-thalia-en', 'aura-2-thalia-en']);
});

test('an agent that speaks Spanish gets a Spanish voice, and a configured one keeps its place', async () => {
  await using call = await openTrial(deepgram, {}, { DEEPGRAM_TTS_MODEL: 'aura-2-luna-en' });
  using spanish = openVoice(call.vendor, { language: 'es-MX' });
  expect((await call.server.speak(0)).query.get('model')).toMatch(/^aura-2-[a-z]+-es$/);
  using english = openVoice(call.vendor, { language: 'en-GB' });
  expect((await call.server.speak(1)).query.get('model')).toBe('aura-2-luna-en');
  expect([spanish, english]).toHaveLength(2);
});

test.each(['closing its voice', 'the end of its call'])('%s says goodbye and leaves no socket', async (way) => {
  await using call = await openTrial(deepgram);
  const stop = new AbortController();
  const voice = openVoice(call.vendor, { signal: stop.signal });
  const line = await call.server.speak(0);
  const heard = say(voice, 'Of course.');
  await heard.ended();
  if (way === 'closing its voice') voice[Symbol.dispose]();
  else stop.abort(new RingbackError('call_ended'));
  await line.when('the close', () => line.closed !== undefined);
  expect(line.count('Close')).toBe(1);
  expect(line.closed?.code).toBe(1000);
});

test('a listener that fails harms nobody but itself', async () => {
  await using call = await openTrial(deepgram);
  using voice = openVoice(call.vendor);
  using other = openVoice(call.vendor);
  const utterance = voice.utter({
    onAudio() {
      throw new TypeError('a bug of ours');
    },
    onSegmentEnd: () => undefined,
    onEnd: () => undefined,
    onError: () => undefined,
  });
  utterance.push('Of course.');
  utterance.finish();
  const heard = say(other, 'Of course.');
  await over(call, heard);
  expect(faults(heard)).toEqual([]);
  expect(call.lines).toContainEqual(
    expect.objectContaining({ level: 'error', fields: { vendor: 'deepgram', fault: 'TypeError' } }),
  );
});

test('no word of the agent and no key stands in the log', async () => {
  await using call = await openTrial(deepgram);
  call.server.speaking.stallAfterBytes = 0;
  using voice = openVoice(call.vendor, { voice: 'no-such-voice' });
  const heard = say(voice, 'A secret thing.');
  await over(call, heard);
  expect(call.lines.length).toBeGreaterThan(0);
  expect(JSON.stringify(call.lines)).not.toMatch(/secret|test-key/);
});
