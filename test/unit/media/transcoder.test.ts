import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf, type AudioFormat } from '../../../media/audio-format.ts';
import { encodeMulaw } from '../../../media/g711.ts';
import { openTranscoder } from '../../../media/transcoder.ts';
import { decibels, levelOf, pcmBytes, pcmSamples, tone } from './signals.ts';

const mulaw: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };
const alaw: AudioFormat = { encoding: 'alaw', sampleRateHz: 8000 };
const pcm8: AudioFormat = { encoding: 'pcm16', sampleRateHz: 8000 };
const pcm24: AudioFormat = { encoding: 'pcm16', sampleRateHz: 24_000 };

test('the same format passes through untouched', () => {
  const audio = Uint8Array.of(1, 2, 3);
  const transcoder = openTranscoder(mulaw, { ...mulaw });
  expect(transcoder.transcode(audio)).toBe(audio);
  expect(transcoder.flush()).toHaveLength(0);
});

test('mu-law becomes A-law and little-endian PCM, sample by sample', () => {
  expect(openTranscoder(mulaw, alaw).transcode(Uint8Array.of(0xff, 0x80, 0x00))).toEqual(
    Uint8Array.of(0xd5, 0xaa, 0x2a),
  );
  expect(openTranscoder(mulaw, pcm8).transcode(Uint8Array.of(0xff, 0x80, 0x00))).toEqual(
    pcmBytes(Int16Array.of(0, 32_124, -32_124)),
  );
});

test('a PCM chunk that ends in the middle of a sample is completed by the next', () => {
  const samples = Int16Array.of(1000, -2000, 3000, -4000);
  const bytes = pcmBytes(samples);
  const transcoder = openTranscoder(pcm8, mulaw);
  const parts = [
    bytes.subarray(0, 3),
    bytes.subarray(3, 3),
    bytes.subarray(3, 4),
    bytes.subarray(4, 7),
    bytes.subarray(7),
  ];
  const codes = parts.flatMap((part) => [...transcoder.transcode(part)]);
  const expected = new Uint8Array(4);
  encodeMulaw(samples, expected);
  expect(codes).toEqual([...expected]);
});

test('every format meets every other one, and how the stream is cut does not change one bit', () => {
  const formats: AudioFormat[] = [
    mulaw,
    alaw,
    ...[8_000, 16_000, 24_000, 48_000].map((sampleRateHz): AudioFormat => ({ encoding: 'pcm16', sampleRateHz })),
  ];
  const inPieces = (from: AudioFormat, to: AudioFormat, audio: Uint8Array, sizes: readonly number[]): Buffer => {
    const transcoder = openTranscoder(from, to);
    const parts: Buffer[] = [];
    for (let at = 0, turn = 0; at < audio.length; turn += 1) {
      const end = at + (sizes[turn % sizes.length] ?? 1);
      parts.push(Buffer.from(transcoder.transcode(audio.subarray(at, end))));
      at = end;
    }
    return Buffer.concat([...parts, Buffer.from(transcoder.flush())]);
  };
  const cuts = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.constantFrom(...formats), fc.constantFrom(...formats), cuts, (from, to, sizes) => {
      const voice = pcmBytes(tone(440, from.sampleRateHz, 100));
      const pcm: AudioFormat = { encoding: 'pcm16', sampleRateHz: from.sampleRateHz };
      const audio = Uint8Array.from(openTranscoder(pcm, from).transcode(voice));
      const whole = inPieces(from, to, audio, [audio.length]);
      expect(inPieces(from, to, audio, sizes).equals(whole)).toBe(true);
      expect(whole).toHaveLength(bytesOf(to, 100));
    }),
    { numRuns: 200 },
  );
});

test('half a sample at the end of a stream does not shift the next stream', () => {
  const transcoder = openTranscoder(pcm8, alaw);
  transcoder.transcode(Uint8Array.of(0x12));
  transcoder.flush();
  expect(transcoder.transcode(Uint8Array.of(0, 0))).toEqual(Uint8Array.of(0xd5));
});

test('a voice of 24 kHz reaches the phone with its pitch, its level and its length', () => {
  const spoken = pcmBytes(tone(1000, 24_000, 1000));
  const down = openTranscoder(pcm24, mulaw);
  const codes: number[] = [];
  for (let at = 0; at < spoken.length; at += 777) codes.push(...down.transcode(spoken.subarray(at, at + 777)));
  codes.push(...down.flush());
  expect(codes).toHaveLength(8000);
  const heard = pcmSamples(openTranscoder(mulaw, pcm8).transcode(Uint8Array.from(codes)));
  expect(Math.abs(decibels(levelOf(heard, 1000, 8000) / 0.5))).toBeLessThan(0.5);
});

test('the memory is used again: two calls answer from the same buffer', () => {
  const transcoder = openTranscoder(mulaw, pcm8);
  const first = transcoder.transcode(new Uint8Array(160));
  expect(transcoder.transcode(new Uint8Array(160)).buffer).toBe(first.buffer);
});
