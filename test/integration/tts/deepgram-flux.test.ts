import { expect, test } from 'vitest';
import { durationMs, type AudioFormat } from '../../../media/audio-format.ts';
import flux from '../../../src/tts/deepgram-flux/index.ts';
import type { Tts, TtsVoice, Utterance } from '../../../src/tts/tts.ts';
import { listener, type Listener } from '../../conformance/support/listener.ts';
import { speakersIn } from '../../fakes/deepgram-speak.ts';
import { openTrial, type Trial } from '../../fakes/deepgram-trial.ts';

const telephone: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };
const long = 'This will take a rather long time to say, and nobody wants to hear it.';

function openVoice(tts: Tts, voice: string | null = null): TtsVoice {
  return tts.open({ format: telephone, voice, language: 'en-US', signal: new AbortController().signal });
}

function say(voice: TtsVoice, ...clauses: string[]): Listener & { utterance: Utterance } {
  const heard = listener();
  const utterance = voice.utter(heard.events);
  for (const clause of clauses) utterance.push(clause);
  utterance.finish();
  return { ...heard, utterance };
}

/** Moves time until it holds. */
async function until(call: Trial<Tts>, what: string, holds: () => boolean): Promise<void> {
  for (let passedMs = 0; !holds() && passedMs < 60_000; passedMs += 50) await call.pass(50);
  expect(holds(), what).toBe(true);
}

const isOver = (heard: Listener): boolean => heard.heard.some(({ type }) => type === 'end' || type === 'error');

test('a telephone gets mu-law at 8 kHz, clause by clause, over one warm line', async () => {
  await using call = await openTrial(flux);
  using voice = openVoice(call.vendor);
  const line = await call.server.speak(0);
  expect(Object.fromEntries(line.query)).toEqual({ model: 'flux-alexis-en', encoding: 'mulaw', sample_rate: '8000' });
  expect(line.headers.authorization).toBe('Token test-key');
  const first = say(voice, 'I will call you back,', 'in half an hour.');
  await first.ended();
  expect([speakersIn(first.audio(0)), speakersIn(first.audio(1))]).toEqual([[0], [1]]);
  expect(durationMs(telephone, first.audio(1).length)).toBeCloseTo('in half an hour.'.length * 40, 0);
  await say(voice, 'Goodbye.').ended();
  expect(call.server.handshakes).toBe(1);
});

test('of an interrupted clause the vendor says which words were heard, by the audio of the whole session', async () => {
  await using call = await openTrial(flux);
  using voice = openVoice(call.vendor);
  await say(voice, 'Hello.').ended();
  call.server.fluxSpeaking.pace = 4;
  const heard = say(voice, long);
  await until(call, 'audio', () => heard.audio().length > 0);
  const spoken = heard.utterance.interrupt?.(0, 400);
  const before = heard.heard.length;
  await call.pass(200);
  expect(await spoken).toBe(long.slice(0, 10).trim());
  expect(heard.heard).toHaveLength(before);
  const line = await call.server.speak(0);
  expect(line.messages.at(-1)).toEqual({
    type: 'Interrupt',
    playback_offset: { type: 'time_ms', value: 'Hello.'.length * 40 + 400 },
  });
  call.server.fluxSpeaking.pace = Infinity;
  const next = say(voice, 'Of course.');
  await until(call, 'the next turn', () => isOver(next));
  expect(speakersIn(next.audio())).toEqual([2]);
  expect(call.server.handshakes).toBe(1);
});

test('a clause that was made whole before it was cut off is asked about too', async () => {
  await using call = await openTrial(flux);
  using voice = openVoice(call.vendor);
  const heard = say(voice, long);
  await heard.ended();
  const spoken = heard.utterance.interrupt?.(0, 800);
  await call.pass(200);
  expect(await spoken).toBe(long.slice(0, 20).trim());
});

test('a clause whose end is under way when it is cut off is asked about all the same', async () => {
  await using call = await openTrial(flux);
  using voice = openVoice(call.vendor);
  let leftBytes = long.length * 40 * 8;
  let spoken: Promise<string | undefined> | undefined;
  const utterance = voice.utter({
    onAudio(_segment, audio) {
      leftBytes -= audio.length;
      if (leftBytes === 0) spoken = utterance.interrupt?.(0, 800);
    },
    onSegmentEnd: () => undefined,
    onEnd: () => undefined,
    onError: () => undefined,
  });
  utterance.push(long);
  await until(call, 'all its audio', () => leftBytes === 0);
  await call.pass(200);
  expect(await spoken).toBe(long.slice(0, 20).trim());
  const next = say(voice, 'Of course.');
  await until(call, 'the next turn', () => isOver(next));
  expect(speakersIn(next.audio())).toEqual([1]);
  expect(call.server.handshakes).toBe(1);
});

test('what was heard of a session is counted from where it was cut', async () => {
  await using call = await openTrial(flux);
  using voice = openVoice(call.vendor);
  for (const heardMs of [400, 800, 1200]) {
    const heard = say(voice, long);
    await until(call, 'the clause', () => isOver(heard));
    const spoken = heard.utterance.interrupt?.(0, heardMs);
    await call.pass(200);
    expect(await spoken).toBe(long.slice(0, heardMs / 40).trim());
  }
  const line = await call.server.speak(0);
  const offsets = line.messages.flatMap((message) =>
    'playback_offset' in message ? [(message.playback_offset as { value: number }).value] : [],
  );
  expect(offsets).toEqual([400, 1200, 2400]);
});

test('of an earlier clause than the last nothing is known, and nothing of the last is heard', async () => {
  await using call = await openTrial(flux);
  using voice = openVoice(call.vendor);
  const heard = say(voice, 'First this.', 'Then that.');
  await heard.ended();
  expect(await heard.utterance.interrupt?.(0, 100)).toBeUndefined();
});

test('an interruption before any audio leaves nothing behind: the next turn is its own', async () => {
  await using call = await openTrial(flux);
  call.server.fluxSpeaking.firstAudioMs = 300;
  using voice = openVoice(call.vendor);
  const old = say(voice, 'Never heard.');
  await until(call, 'the speech', () => call.server.speeches.length > 0);
  old.utterance.cancel();
  const next = say(voice, 'Of course.');
  await until(call, 'the next turn', () => isOver(next));
  expect(old.audio()).toHaveLength(0);
  expect(speakersIn(next.audio())).toEqual([1]);
});

test('a vendor that does not answer an interrupt costs its line, not the next turn', async () => {
  await using call = await openTrial(flux);
  Object.assign(call.server.fluxSpeaking, { pace: 4, holdInterrupted: true });
  using voice = openVoice(call.vendor);
  const old = say(voice, long);
  await until(call, 'audio', () => old.audio().length > 0);
  const spoken = old.utterance.interrupt?.(0, 100);
  const next = say(voice, 'Of course.');
  await until(call, 'the next turn', () => isOver(next));
  expect(await spoken).toBeUndefined();
  expect(next.heard.some(({ type }) => type === 'error')).toBe(false);
  expect(speakersIn(next.audio())).toEqual([1]);
  expect(call.server.handshakes).toBe(2);
  call.server.fluxSpeaking.holdInterrupted = false;
});

test('a voice that stalls is said again on another line, without what was heard', async () => {
  await using call = await openTrial(flux);
  call.server.fluxSpeaking.stallAfterBytes = 4800;
  using voice = openVoice(call.vendor);
  const heard = say(voice, long);
  await until(call, 'the stall', () => heard.audio().length === 4800);
  call.server.fluxSpeaking.stallAfterBytes = null;
  await until(call, 'its end', () => isOver(heard));
  expect(heard.audio().length).toBe(long.length * 40 * 8);
  expect(call.server.handshakes).toBe(2);
});

test('a voice that is not known is replaced by one that is, also for the calls after it', async () => {
  await using call = await openTrial(flux);
  using voice = openVoice(call.vendor, 'aura-2-thalia-en');
  const heard = say(voice, 'Hello.');
  await until(call, 'its end', () => isOver(heard));
  expect(heard.audio().length).toBeGreaterThan(0);
  expect(call.server.handshakes).toBe(2);
  using second = openVoice(call.vendor, 'aura-2-thalia-en');
  const again = say(second, 'Hello.');
  await until(call, 'its end', () => isOver(again));
  expect(call.server.handshakes).toBe(3);
});

test('the voice that is configured is the first, and makes Flux the first voice there is', async () => {
  await using call = await openTrial(flux, {}, { DEEPGRAM_TTS_MODEL: 'flux-haley-en' });
  using voice = openVoice(call.vendor);
  const line = await call.server.speak(0);
  expect(line.query.get('model')).toBe('flux-haley-en');
  expect(call.vendor.voices[0]).toBe('flux-haley-en');
  expect(voice).toBeDefined();
  const settings = { DEEPGRAM_TTS_MODEL: 'flux-haley-en', DEEPGRAM_MAX_TTS_STREAMS: 1 };
  expect(flux.isFirst?.(settings)).toBe(true);
  expect(flux.isFirst?.({ ...settings, DEEPGRAM_TTS_MODEL: 'aura-2-thalia-en' })).toBe(false);
});
