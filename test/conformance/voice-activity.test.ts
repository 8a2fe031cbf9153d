import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesOf, FRAME_MS, type AudioFormat } from '../../media/audio-format.ts';
import { openTranscoder } from '../../media/transcoder.ts';
import { openVoiceDetection, type VoiceDetection } from '../../src/voice-detection.ts';
import { join, noise, pcmBytes, silence, tone, vowel } from '../unit/media/signals.ts';

/* What each detector of voices promises, on every format that a carrier may speak. What sets them apart is said below. */

const formats: AudioFormat[] = [
  { encoding: 'mulaw', sampleRateHz: 8000 },
  { encoding: 'alaw', sampleRateHz: 8000 },
  { encoding: 'pcm16', sampleRateHz: 8000 },
  { encoding: 'pcm16', sampleRateHz: 16_000 },
  { encoding: 'pcm16', sampleRateHz: 24_000 },
  { encoding: 'pcm16', sampleRateHz: 48_000 },
];

describe.each(['energy', 'webrtc'] as const)('the detector %s', (name) => {
  let detection: VoiceDetection;

  beforeAll(async () => {
    detection = await openVoiceDetection(name);
  });

  afterAll(() => detection[Symbol.dispose]());

  /** What changes, and when, in so many bytes at a time; a frame where it is not said. */
  function changes(format: AudioFormat, samples: Int16Array, step = bytesOf(format, FRAME_MS)): [string, number][] {
    const audio = encoded(format, samples);
    using stream = detection.open(format);
    const seen: [string, number][] = [];
    for (let at = 0; at < audio.length; at += step) {
      const change = stream.hear(audio.subarray(at, at + step));
      if (change !== null) seen.push([change, Math.round(((at + step) / bytesOf(format, 1000)) * 1000)]);
    }
    return seen;
  }

  const kinds = (seen: readonly [string, number][]): string[] => seen.map(([change]) => change);

  describe.each(formats)('on a line of $encoding at $sampleRateHz Hz', (format) => {
    const rate = format.sampleRateHz;

    test('takes silence for silence', () => {
      expect(changes(format, silence(rate, 3_000))).toEqual([]);
    });

    test('hears somebody who speaks within 80 ms, and their pause within 340 ms', () => {
      const [started, ended, ...more] = changes(
        format,
        join(silence(rate, 500), vowel(rate, 1_000), silence(rate, 1_000)),
      );
      expect([started?.[0], ended?.[0], more]).toEqual(['started', 'ended', []]);
      expect(started?.[1]).toBeLessThanOrEqual(580);
      expect(ended?.[1]).toBeGreaterThanOrEqual(1_780);
      expect(ended?.[1]).toBeLessThanOrEqual(1_840);
    });

    test('hears somebody who speaks softly over the noise of a street', () => {
      const street = noise(rate, 4_000, 0.02);
      for (const [index, sample] of vowel(rate, 1_000, 0.15).entries())
        street[rate * 2 + index] = (street[rate * 2 + index] ?? 0) + sample;
      expect(kinds(changes(format, street))).toEqual(['started', 'ended']);
    });

    test('takes neither a click nor the clicks of a keyboard for somebody', () => {
      const click = tone(400, rate, 25, 0.8);
      const keys = Array.from({ length: 12 }, () => join(click, silence(rate, 175)));
      expect(changes(format, join(silence(rate, 505), ...keys, silence(rate, 500)))).toEqual([]);
    });

    test('a pause between two words ends nothing, one of half a second does', () => {
      const said = (pauseMs: number) =>
        join(silence(rate, 500), vowel(rate, 500), silence(rate, pauseMs), vowel(rate, 500), silence(rate, 800));
      expect(kinds(changes(format, said(200)))).toEqual(['started', 'ended']);
      expect(kinds(changes(format, said(500)))).toEqual(['started', 'ended', 'started', 'ended']);
    });

    test('an s within a word keeps it going', () => {
      const word = join(vowel(rate, 300), noise(rate, 300, 0.1), vowel(rate, 300));
      expect(kinds(changes(format, join(silence(rate, 500), word, silence(rate, 800))))).toEqual(['started', 'ended']);
    });

    test('does not care how the stream is cut, in the middle of a sample either', () => {
      const audio = join(silence(rate, 500), vowel(rate, 600), silence(rate, 700));
      expect(kinds(changes(format, audio, 37))).toEqual(['started', 'ended']);
      expect(kinds(changes(format, audio, 1))).toEqual(['started', 'ended']);
    });

    test('says for how long nothing of a voice was heard', () => {
      using stream = detection.open(format);
      const hear = (samples: Int16Array): number => {
        stream.hear(encoded(format, samples));
        return stream.quietMs;
      };
      hear(silence(rate, 500));
      expect(hear(vowel(rate, 500))).toBe(0);
      // The detector of WebRTC holds on for a few frames by itself.
      expect(hear(silence(rate, 200))).toBeGreaterThanOrEqual(100);
      expect(stream.quietMs).toBeLessThanOrEqual(200);
      expect(stream.speaking).toBe(true);
    });
  });

  test('streams do not hear each other', () => {
    const [format] = formats as [AudioFormat];
    using loud = detection.open(format);
    using quiet = detection.open(format);
    const frame = bytesOf(format, FRAME_MS);
    const voice = encoded(format, join(silence(8_000, 500), vowel(8_000, 500)));
    const nothing = encoded(format, silence(8_000, 1_000));
    for (let at = 0; at < voice.length; at += frame) {
      loud.hear(voice.subarray(at, at + frame));
      quiet.hear(nothing.subarray(at, at + frame));
    }
    expect([loud.speaking, quiet.speaking]).toEqual([true, false]);
  });
});

test('a hum becomes the noise of the line for energy, and stays a voice for webrtc: energy is what is on by default', async () => {
  const format: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8_000 };
  const endOf = async (name: 'energy' | 'webrtc', samples: Int16Array): Promise<boolean> => {
    using detection = await openVoiceDetection(name);
    using stream = detection.open(format);
    stream.hear(encoded(format, samples));
    return stream.speaking;
  };
  const hum = tone(100, 8_000, 6_000, 0.03);
  const hiss = join(silence(8_000, 500), noise(8_000, 3_000, 0.2));
  expect([await endOf('energy', hum), await endOf('webrtc', hum)]).toEqual([false, true]);
  expect([await endOf('energy', hiss), await endOf('webrtc', hiss)]).toEqual([false, true]);
});

function encoded(format: AudioFormat, samples: Int16Array): Uint8Array {
  const pcm: AudioFormat = { encoding: 'pcm16', sampleRateHz: format.sampleRateHz };
  return openTranscoder(pcm, format).transcode(pcmBytes(samples)).slice();
}
