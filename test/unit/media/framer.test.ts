import { expect, test } from 'vitest';
import type { AudioFormat } from '../../../media/audio-format.ts';
import { openFramer } from '../../../media/framer.ts';

const mulaw: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };
const pcm24: AudioFormat = { encoding: 'pcm16', sampleRateHz: 24_000 };

test.each([1, 7, 159, 160, 161, 500, 4000])(
  'chunks of %i bytes become frames of 20 ms, no byte lost or moved',
  (size) => {
    const stream = Uint8Array.from({ length: 4000 }, (_, index) => index * 7);
    const frames: number[][] = [];
    const framer = openFramer(mulaw, (frame) => frames.push([...frame]));
    for (let at = 0; at < stream.length; at += size) framer.push(stream.subarray(at, at + size));
    expect(frames.every((frame) => frame.length === 160)).toBe(true);
    expect(frames.flat()).toEqual([...stream]);
    expect(framer.heldBytes).toBe(0);
  },
);

test('the end of a sentence is filled up with silence', () => {
  const frames: number[][] = [];
  const framer = openFramer(mulaw, (frame) => frames.push([...frame]));
  framer.push(new Uint8Array(170));
  expect(framer.heldBytes).toBe(10);
  framer.flush();
  expect(frames[1]).toEqual([...new Uint8Array(10).fill(0), ...new Uint8Array(150).fill(0xff)]);
  framer.flush();
  expect(frames).toHaveLength(2);
});

test('half a sample at the end is let go, so that the next sentence is not noise', () => {
  const frames: number[][] = [];
  const framer = openFramer(pcm24, (frame) => frames.push([...frame]));
  framer.push(Uint8Array.of(1, 2, 3));
  framer.flush();
  expect(frames).toEqual([[1, 2, ...new Uint8Array(958).fill(0)]]);
  framer.push(Uint8Array.of(9));
  framer.flush();
  expect(frames).toHaveLength(1);
});

test('what was held of an interrupted sentence is not heard in the next', () => {
  const frames: number[][] = [];
  const framer = openFramer(mulaw, (frame) => frames.push([...frame]));
  framer.push(new Uint8Array(100).fill(1));
  framer.clear();
  framer.push(new Uint8Array(160).fill(2));
  expect(frames).toEqual([[...new Uint8Array(160).fill(2)]]);
});
