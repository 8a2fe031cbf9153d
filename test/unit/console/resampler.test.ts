import { describe, expect, test } from 'vitest';
import { Resampler } from '../../../src/console/softphone/audio/resampler.ts';

describe.each([
  [48_000, 16_000],
  [44_100, 16_000],
  [16_000, 48_000],
  [16_000, 44_100],
  [16_000, 16_000],
])('from %i Hz to %i Hz', (fromHz, toHz) => {
  test('a second of sound stays a second, in chunks of any size', () => {
    const resampler = new Resampler(fromHz, toHz);
    let count = 0;
    for (let sent = 0, size = 1; sent < fromHz; sent += size, size = (size * 7) % 311) {
      size = Math.min(size, fromHz - sent);
      count += resampler.process(new Float32Array(size)).length;
    }
    // The filter keeps back its own reach: about a millisecond.
    expect(count).toBeGreaterThan(toHz * 0.998);
    expect(count).toBeLessThanOrEqual(toHz + 1);
  });

  test('a tone keeps its height and its strength', () => {
    const output = new Resampler(fromHz, toHz).process(tone(1_000, fromHz, fromHz));
    const middle = output.subarray(1_000, output.length - 1_000);
    expect(strengthAt(1_000, middle, toHz)).toBeCloseTo(0.5, 2);
    expect(rootMeanSquare(middle)).toBeCloseTo(0.5 / Math.SQRT2, 2);
  });

  test('chunks give the very samples that the whole would', () => {
    const input = tone(440, fromHz, 4_000);
    const whole = new Resampler(fromHz, toHz).process(input);
    const chunked = new Resampler(fromHz, toHz);
    const parts = [
      input.subarray(0, 128),
      input.subarray(128, 129),
      input.subarray(129, 2_000),
      input.subarray(2_000),
    ].flatMap((part) => [...chunked.process(part)]);
    expect(parts).toEqual([...whole]);
  });
});

test('what the wire cannot carry is taken out instead of being folded into speech', () => {
  // 11 kHz would come back as 5 kHz at 16 kHz.
  const output = new Resampler(48_000, 16_000).process(tone(11_000, 48_000, 48_000));
  expect(rootMeanSquare(output.subarray(1_000, 15_000))).toBeLessThan(0.0005);
});

test('a rate that is none is refused', () => {
  expect(() => new Resampler(0, 16_000)).toThrow(RangeError);
  expect(() => new Resampler(44_100.5, 16_000)).toThrow(RangeError);
});

function tone(hertz: number, rateHz: number, samples: number): Float32Array {
  return Float32Array.from({ length: samples }, (_, index) => 0.5 * Math.sin((2 * Math.PI * hertz * index) / rateHz));
}

function strengthAt(hertz: number, samples: Float32Array, rateHz: number): number {
  let real = 0;
  let imaginary = 0;
  for (const [index, sample] of samples.entries()) {
    real += sample * Math.cos((2 * Math.PI * hertz * index) / rateHz);
    imaginary += sample * Math.sin((2 * Math.PI * hertz * index) / rateHz);
  }
  return (2 * Math.hypot(real, imaginary)) / samples.length;
}

function rootMeanSquare(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}
