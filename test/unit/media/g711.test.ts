import { expect, test } from 'vitest';
import { alawSamples, decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw, mulawSamples } from '../../../media/g711.ts';

/** Every sample that 16 bits can hold. */
const everySample = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);
const everyCode = Uint8Array.from({ length: 256 }, (_, code) => code);

/** Decision values of ITU-T G.711 table 2a, in 14 bits: 0, 1, 3, 5 ... 31, then 16 steps a segment, each twice as wide. */
const mulawDecisions = [
  0,
  ...steps(1, 2, 15),
  ...[4, 8, 16, 32, 64, 128, 256].flatMap((step) => steps(16 * step - 33, step, 16)),
];
/** Decision values of table 1a, in units of 1/4096: 32 steps of 2, then 16 a segment, each twice as wide. */
const alawDecisions = [...steps(0, 2, 32), ...[4, 8, 16, 32, 64, 128].flatMap((step) => steps(16 * step, step, 16))];

test('mu-law bytes stand for the values of the table in G.711', () => {
  // Table 2a: character signals and quantised values (14 bits), left-justified in 16.
  const known: [number, number][] = [
    [0xff, 0],
    [0xfe, 2],
    [0xf0, 30],
    [0xef, 33],
    [0xdf, 99],
    [0xcf, 231],
    [0xbf, 495],
    [0xaf, 1023],
    [0x9f, 2079],
    [0x8f, 4191],
    [0x80, 8031],
    [0x00, -8031],
    [0x7f, 0],
    [0x7e, -2],
  ];
  for (const [code, value] of known) expect(mulawSamples[code], `0x${code.toString(16)}`).toBe(value * 4);
});

test('A-law bytes stand for the values of the table in G.711', () => {
  // Table 1a in units of 1/4096, even bits inverted; 16 bits hold 8 times that.
  const known: [number, number][] = [
    [0xd5, 1],
    [0xd4, 3],
    [0xc5, 33],
    [0xf5, 66],
    [0xe5, 132],
    [0x95, 264],
    [0x85, 528],
    [0xb5, 1056],
    [0xa5, 2112],
    [0xaa, 4032],
    [0x2a, -4032],
    [0x55, -1],
  ];
  for (const [code, value] of known) expect(alawSamples[code], `0x${code.toString(16)}`).toBe(value * 8);
});

test('every one of the 65,536 samples takes the mu-law interval that the decision values give it', () => {
  expect(mulawDecisions).toHaveLength(128);
  const codes = new Uint8Array(everySample.length);
  encodeMulaw(everySample, codes);
  for (const [index, sample] of everySample.entries()) {
    const interval = lastAtMost(mulawDecisions, (sample < 0 ? ~sample : sample) >> 2);
    expect(codes[index], `sample ${sample}`).toBe((sample < 0 ? 0x7f : 0xff) - interval);
  }
});

test('every one of the 65,536 samples takes the A-law interval that the decision values give it', () => {
  expect(alawDecisions).toHaveLength(128);
  const codes = new Uint8Array(everySample.length);
  encodeAlaw(everySample, codes);
  for (const [index, sample] of everySample.entries()) {
    const interval = lastAtMost(alawDecisions, (sample < 0 ? ~sample : sample) / 8);
    expect(codes[index], `sample ${sample}`).toBe((interval | (sample < 0 ? 0 : 0x80)) ^ 0x55);
  }
});

test('a byte that is decoded and encoded again is the same byte, but for the negative zero of mu-law', () => {
  const samples = new Int16Array(256);
  const codes = new Uint8Array(256);
  decodeMulaw(everyCode, samples);
  encodeMulaw(samples, codes);
  expect(codes).toEqual(everyCode.map((code) => (code === 0x7f ? 0xff : code)));
  decodeAlaw(everyCode, samples);
  encodeAlaw(samples, codes);
  expect(codes).toEqual(everyCode);
});

test('what has no room is refused instead of being cut', () => {
  expect(() => decodeMulaw(everyCode, new Int16Array(255))).toThrow(RangeError);
  expect(() => encodeAlaw(new Int16Array(3), new Uint8Array(2))).toThrow(RangeError);
});

function steps(first: number, step: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + step * index);
}

function lastAtMost(decisions: readonly number[], magnitude: number): number {
  return decisions.findLastIndex((decision) => decision <= magnitude);
}
