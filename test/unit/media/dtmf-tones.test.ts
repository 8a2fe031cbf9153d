import { describe, expect, test } from 'vitest';
import { bytesOf, durationMs, type AudioFormat } from '../../../media/audio-format.ts';
import { areKeys, dtmfTones } from '../../../media/dtmf-tones.ts';
import { openTranscoder } from '../../../media/transcoder.ts';
import { decibels, levelOf, pcmSamples } from './signals.ts';

const formats: AudioFormat[] = [
  { encoding: 'mulaw', sampleRateHz: 8_000 },
  { encoding: 'alaw', sampleRateHz: 8_000 },
  { encoding: 'pcm16', sampleRateHz: 16_000 },
  { encoding: 'pcm16', sampleRateHz: 24_000 },
];
/** ITU-T Q.23, table 1. */
const pairs: readonly [string, number, number][] = [
  ['1', 697, 1209],
  ['2', 697, 1336],
  ['3', 697, 1477],
  ['A', 697, 1633],
  ['4', 770, 1209],
  ['5', 770, 1336],
  ['6', 770, 1477],
  ['B', 770, 1633],
  ['7', 852, 1209],
  ['8', 852, 1336],
  ['9', 852, 1477],
  ['C', 852, 1633],
  ['*', 941, 1209],
  ['0', 941, 1336],
  ['#', 941, 1477],
  ['D', 941, 1633],
];
const all = [697, 770, 852, 941, 1209, 1336, 1477, 1633];

function samplesOf(format: AudioFormat, audio: Uint8Array): Int16Array {
  return pcmSamples(openTranscoder(format, { encoding: 'pcm16', sampleRateHz: format.sampleRateHz }).transcode(audio));
}

describe.each(formats)('keys as sound in $encoding at $sampleRateHz Hz', (format) => {
  const rate = format.sampleRateHz;

  test.each(pairs)('%s is %i Hz and %i Hz, and nothing else that a receiver listens for', (key, low, high) => {
    const tone = samplesOf(format, dtmfTones(key, format)).subarray(0, rate / 10);
    for (const hz of all) {
      const level = decibels(levelOf(tone, hz, rate));
      // -9 and -7 dBm0 where full scale is 3.17: within a decibel, the coding and the edges included.
      if (hz === low) expect(Math.abs(level + 12.17)).toBeLessThan(1);
      else if (hz === high) expect(Math.abs(level + 10.17)).toBeLessThan(1);
      else expect(level).toBeLessThan(-35);
    }
  });

  test('each lasts 100 ms, with 100 ms of silence behind it; a comma waits for a second', () => {
    expect(durationMs(format, dtmfTones('1', format).length)).toBe(200);
    expect(durationMs(format, dtmfTones('12#', format).length)).toBe(600);
    expect(durationMs(format, dtmfTones('1,2', format).length)).toBe(1_400);
    const [first, pause, second] = [0, 1, 2].map((tenth) =>
      samplesOf(format, dtmfTones('12', format)).subarray((tenth * rate) / 10, ((tenth + 1) * rate) / 10),
    );
    const loudest = (part: Int16Array | undefined): number => Math.max(...(part ?? []));
    expect(loudest(first)).toBeGreaterThan(10_000);
    expect(loudest(pause)).toBeLessThan(16);
    expect(loudest(second)).toBeGreaterThan(10_000);
  });

  test('is whole frames, and never too loud for the coding', () => {
    const audio = dtmfTones('0123456789ABCD*#', format);
    expect(audio.length % bytesOf(format, 20)).toBe(0);
    expect(Math.max(...samplesOf(format, audio))).toBeLessThan(20_000);
  });
});

test.each(['', ',', '12x', '1 2', 'w', '１'])('%j is no row of keys', (text) => {
  expect(areKeys(text)).toBe(false);
  expect(() => dtmfTones(text, { encoding: 'mulaw', sampleRateHz: 8_000 })).toThrow(RangeError);
});
