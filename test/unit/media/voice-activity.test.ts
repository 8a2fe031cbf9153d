import { describe, expect, test } from 'vitest';
import { FRAME_MS, bytesOf, type AudioFormat } from '../../../media/audio-format.ts';
import { openTranscoder } from '../../../media/transcoder.ts';
import { openEnergyGate, type VoiceActivity } from '../../../media/voice-activity.ts';
import { join, noise, pcmBytes, silence, tone, vowel } from './signals.ts';

const formats: AudioFormat[] = [
  { encoding: 'mulaw', sampleRateHz: 8000 },
  { encoding: 'alaw', sampleRateHz: 8000 },
  { encoding: 'pcm16', sampleRateHz: 16_000 },
  { encoding: 'pcm16', sampleRateHz: 48_000 },
];

describe.each(formats)('on a line of $encoding at $sampleRateHz Hz', (format) => {
  const rate = format.sampleRateHz;

  test('silence and the hiss of a line are not speech', () => {
    expect(changes(format, silence(rate, 3000))).toEqual([]);
    expect(changes(format, noise(rate, 5000, 0.01))).toEqual([]);
  });

  test('loud hiss does not interrupt the agent', () => {
    expect(changes(format, join(silence(rate, 500), noise(rate, 5000, 0.2)))).toEqual([]);
  });

  test('somebody who speaks is heard within 80 ms, and their pause within 320 ms', () => {
    const heard = changes(format, join(silence(rate, 500), vowel(rate, 1000), silence(rate, 1000)));
    expect(heard).toEqual([
      { change: 'started', atMs: 560 },
      { change: 'ended', atMs: 1800 },
    ]);
  });

  test('somebody who speaks softly over the noise of a street is heard', () => {
    const street = noise(rate, 4000, 0.02);
    const voice = vowel(rate, 1000, 0.15);
    const from = rate * 2;
    for (const [index, sample] of voice.entries()) street[from + index] = (street[from + index] ?? 0) + sample;
    expect(changes(format, street).map(({ change }) => change)).toEqual(['started', 'ended']);
  });

  test('a short click does not interrupt the agent', () => {
    const click = join(silence(rate, 505), tone(400, rate, 25, 0.8), silence(rate, 1000));
    expect(changes(format, click)).toEqual([]);
  });

  test('clicks that come again and again, as of a keyboard, do not add up to speech', () => {
    const keys = Array.from({ length: 12 }, () => join(tone(400, rate, 25, 0.8), silence(rate, 175)));
    expect(changes(format, join(silence(rate, 505), ...keys))).toEqual([]);
  });

  test('a pause of 200 ms between two words does not end what is said', () => {
    const words = join(silence(rate, 300), vowel(rate, 500), silence(rate, 200), vowel(rate, 500), silence(rate, 800));
    expect(changes(format, words).map(({ change }) => change)).toEqual(['started', 'ended']);
  });

  test('a pause of 500 ms ends it, and the next word starts anew', () => {
    const words = join(silence(rate, 300), vowel(rate, 500), silence(rate, 500), vowel(rate, 500), silence(rate, 800));
    expect(changes(format, words).map(({ change }) => change)).toEqual(['started', 'ended', 'started', 'ended']);
  });

  test('an s within a word keeps it going', () => {
    const word = join(
      silence(rate, 300),
      vowel(rate, 300),
      noise(rate, 400, 0.1),
      vowel(rate, 300),
      silence(rate, 800),
    );
    expect(changes(format, word).map(({ change }) => change)).toEqual(['started', 'ended']);
  });

  test('a hum that stays is taken for noise after some seconds, and speech over it is heard', () => {
    const hum = tone(100, rate, 12_000, 0.03);
    expect(changes(format, hum).at(-1)?.change).toBe('ended');
    const gate = openEnergyGate(format);
    hearAll(gate, format, encoded(format, hum));
    expect(hearAll(gate, format, encoded(format, vowel(rate, 500, 0.5))).map(({ change }) => change)).toEqual([
      'started',
    ]);
  });

  test('how the stream is cut does not matter, in the middle of a sample either', () => {
    const audio = encoded(format, join(silence(rate, 300), vowel(rate, 600), silence(rate, 700)));
    const gate = openEnergyGate(format);
    const seen: string[] = [];
    for (let at = 0; at < audio.length; at += 37) {
      const change = gate.hear(audio.subarray(at, at + 37));
      if (change !== null) seen.push(change);
    }
    expect(seen).toEqual(['started', 'ended']);
    expect(gate.speaking).toBe(false);
  });
});

test('a chunk in which somebody spoke and stopped has changed nothing at its end', () => {
  const format: AudioFormat = { encoding: 'pcm16', sampleRateHz: 8000 };
  const gate = openEnergyGate(format);
  expect(gate.hear(encoded(format, join(silence(8000, 500), vowel(8000, 500), silence(8000, 900))))).toBeNull();
  expect(gate.hear(encoded(format, vowel(8000, 500)))).toBe('started');
  expect(gate.speaking).toBe(true);
});

function changes(format: AudioFormat, samples: Int16Array): { change: string; atMs: number }[] {
  return hearAll(openEnergyGate(format), format, encoded(format, samples));
}

function hearAll(gate: VoiceActivity, format: AudioFormat, audio: Uint8Array): { change: string; atMs: number }[] {
  const size = bytesOf(format, FRAME_MS);
  const seen = [];
  for (let at = 0; at < audio.length; at += size) {
    const change = gate.hear(audio.subarray(at, at + size));
    if (change !== null) seen.push({ change, atMs: ((at + size) / size) * FRAME_MS });
  }
  return seen;
}

function encoded(format: AudioFormat, samples: Int16Array): Uint8Array {
  const pcm: AudioFormat = { encoding: 'pcm16', sampleRateHz: format.sampleRateHz };
  return openTranscoder(pcm, format).transcode(pcmBytes(samples)).slice();
}
