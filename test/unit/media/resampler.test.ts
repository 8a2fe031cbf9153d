import { describe, expect, test } from 'vitest';
import { RATES_HZ } from '../../../media/resampler-filter.ts';
import { openResampler } from '../../../media/resampler.ts';
import { decibels, join, levelOf, noise, tone } from './signals.ts';

const pairs = RATES_HZ.flatMap((from) => RATES_HZ.filter((to) => to !== from).map((to) => ({ from, to })));

describe.each(pairs)('from $from Hz to $to Hz', ({ from, to }) => {
  const half = Math.min(from, to) / 2;

  test('a tone keeps its pitch and its level', () => {
    for (const hz of [100, 440, 1000, half * 0.5, half * 0.84]) {
      const out = middle(whole(from, to, tone(hz, from, 400)), to);
      expect(Math.abs(decibels(levelOf(out, hz, to) / 0.5)), `${hz} Hz`).toBeLessThan(0.5);
    }
  });

  test('nothing is shifted in time', () => {
    const out = middle(whole(from, to, tone(500, from, 400)), to);
    const expected = middle(tone(500, to, 400), to);
    const furthest = Math.max(...out.map((sample, index) => Math.abs(sample - (expected[index] ?? 0))));
    expect(furthest).toBeLessThan(0.03 * 32_768);
  });

  test('what the new rate cannot hold is 40 dB down, and so are the mirrors of what it can', () => {
    if (from > to) {
      const shares = [1.01, 1.02, 1.03, 1.04, 1.05, 1.06, 1.08, 1.1, 1.25, 1.7];
      for (const hz of [...shares.map((share) => half * share), from / 2 - 10].filter((hz) => hz < from / 2)) {
        const out = middle(whole(from, to, tone(hz, from, 400)), to);
        expect(decibels(rms(out) / rms(tone(hz, from, 400))), `${hz} Hz`).toBeLessThan(-40);
      }
      return;
    }
    for (const hz of [300, half * 0.5, half * 0.84].filter((hz) => from - hz < to / 2)) {
      const out = middle(whole(from, to, tone(hz, from, 400)), to);
      expect(decibels(levelOf(out, from - hz, to) / 0.5), `${hz} Hz`).toBeLessThan(-40);
    }
  });

  test('how the stream is cut does not change one bit', () => {
    const samples = noise(from, 300, 0.9);
    const expected = whole(from, to, samples);
    const resampler = openResampler(from, to);
    const parts: Int16Array[] = [];
    const sizes = [1, 0, 7, 160, 3, 2049, 441];
    for (let at = 0, turn = 0; at < samples.length; turn += 1) {
      const size = sizes[turn % sizes.length] ?? 1;
      parts.push(resampler.resample(samples.subarray(at, at + size)).slice());
      at += size;
    }
    parts.push(resampler.flush().slice());
    expect(join(...parts)).toEqual(expected);
  });
});

test.each([
  { from: 24_000, to: 8000 },
  { from: 22_050, to: 8000 },
  { from: 8000, to: 44_100 },
  { from: 44_100, to: 48_000 },
])('a minute stays a minute from $from Hz to $to Hz', ({ from, to }) => {
  const resampler = openResampler(from, to);
  const frame = new Int16Array(from / 50);
  let given = 0;
  for (let frames = 0; frames < 3000; frames += 1) given += resampler.resample(frame).length;
  given += resampler.flush().length;
  expect(given).toBe(to * 60);
});

test('after a flush a stream begins anew, as if by a new resampler', () => {
  const resampler = openResampler(24_000, 8000);
  resampler.resample(noise(24_000, 50, 0.9));
  resampler.flush();
  const samples = tone(440, 24_000, 60);
  const again = join(resampler.resample(samples).slice(), resampler.flush().slice());
  expect(again).toEqual(whole(24_000, 8000, samples));
});

test('full scale is cut off, not turned over', () => {
  const square = tone(300, 8000, 200, 1).map((sample) => (sample < 0 ? -32_768 : 32_767));
  const out = middle(whole(8000, 48_000, square), 48_000);
  // Where the wave is at its top the filter overshoots: turned over it would be at the bottom.
  expect(Math.max(...out)).toBe(32_767);
  const turned = out.filter((sample, index) => Math.abs(sample - (out[index - 1] ?? sample)) > 32_768);
  expect(turned).toHaveLength(0);
});

test('a rate that nothing here speaks is refused by name', () => {
  expect(() => openResampler(8000, 11_025)).toThrow('no resampler for 11025 Hz');
});

function whole(from: number, to: number, samples: Int16Array): Int16Array {
  const resampler = openResampler(from, to);
  return join(resampler.resample(samples).slice(), resampler.flush().slice());
}

/** Without the beginning and the end, where a tone is cut. */
function middle(samples: Int16Array, rateHz: number): Int16Array {
  return samples.subarray(rateHz / 20, samples.length - rateHz / 20);
}

function rms(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}
