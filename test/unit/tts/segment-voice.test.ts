import { expect, test } from 'vitest';
import { isRingbackError, RingbackError } from '../../../src/errors.ts';
import { openSegmentVoice, type SpeakSegment } from '../../../src/tts/segment-voice.ts';
import { listener } from '../../conformance/support/listener.ts';

const piece = new Uint8Array([1, 0]);

function voiceWith(speak: SpeakSegment, stop = new AbortController()) {
  return { voice: openSegmentVoice('Acme', speak, stop.signal), stop };
}

test('an engine that goes on after it was stopped is not heard', async () => {
  const going = Promise.withResolvers<void>();
  const { voice } = voiceWith(async (text, { onAudio }) => {
    onAudio(piece);
    if (text === 'stubborn') {
      await going.promise;
      onAudio(piece);
    }
  });
  const first = listener();
  const utterance = voice.utter(first.events);
  utterance.push('stubborn');
  await first.begun();
  utterance.cancel();
  const second = listener();
  const next = voice.utter(second.events);
  next.push('next');
  next.finish();
  going.resolve();
  await second.ended();
  expect(first.heard.map(({ type }) => type)).toEqual(['audio']);
});

test('a segment that fails ends its utterance once, and the next one is spoken', async () => {
  const { voice } = voiceWith(async (text, { onAudio }) => {
    if (text === 'bad') throw new RingbackError('vendor_failed', ['Acme', 'bad']);
    onAudio(piece);
  });
  const first = listener();
  const utterance = voice.utter(first.events);
  for (const text of ['bad', 'good']) utterance.push(text);
  utterance.finish();
  await expect(first.ended()).rejects.toThrow('Acme failed');
  const second = listener();
  const next = voice.utter(second.events);
  next.push('good');
  next.finish();
  await second.ended();
  expect(first.heard.map(({ type }) => type)).toEqual(['error']);
});

test('more text than ten minutes of speech fails the utterance instead of growing without end', async () => {
  const { voice } = voiceWith(async () => undefined);
  const heard = listener();
  const utterance = voice.utter(heard.events);
  for (let at = 0; at < 300; at += 1) utterance.push('word');
  await expect(heard.ended()).rejects.toSatisfy((error) => isRingbackError(error, 'queue_full'));
});

test('no event comes while text is being pushed', () => {
  const { voice } = voiceWith(async (_text, { onAudio }) => onAudio(piece));
  const heard = listener();
  voice.utter(heard.events).push('now');
  expect(heard.heard).toEqual([]);
});

test('a voice of a call that is over stays silent', async () => {
  const { voice, stop } = voiceWith(async (_text, { onAudio }) => onAudio(piece));
  stop.abort(new RingbackError('call_ended'));
  const heard = listener();
  const utterance = voice.utter(heard.events);
  utterance.push('late');
  utterance.finish();
  await Promise.resolve();
  expect(heard.heard).toEqual([]);
});
