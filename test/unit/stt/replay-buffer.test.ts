import { expect, test } from 'vitest';
import { ReplayBuffer } from '../../../src/stt/replay-buffer.ts';

/** Twelve bytes in parts of four: 1, 2, 3, each four times. */
function filled(): ReplayBuffer {
  const buffer = new ReplayBuffer(12, 4);
  for (const byte of [1, 2, 3]) buffer.push(new Uint8Array(4).fill(byte));
  return buffer;
}

const bytes = (part: Uint8Array | undefined): number[] => [...(part ?? [])];

test('what was heard is read from any place, up to any other', () => {
  const buffer = filled();
  expect(bytes(buffer.read(4, 8))).toEqual([2, 2, 2, 2]);
  expect(bytes(buffer.read(6, 9))).toEqual([2, 2, 3]);
  expect(bytes(buffer.read(10, 99))).toEqual([3, 3]);
  expect(buffer.read(12, 99)).toBeUndefined();
  expect(buffer.read(4, 4)).toBeUndefined();
  expect(buffer.read(-1, 8)).toBeUndefined();
});

test('what is understood is forgotten to the byte, and only that', () => {
  const buffer = filled();
  buffer.trim(5);
  expect([buffer.startByte, buffer.endByte]).toEqual([5, 12]);
  expect(bytes(buffer.read(5, 8))).toEqual([2, 2, 2]);
  expect(buffer.read(4, 8)).toBeUndefined();
  buffer.trim(3);
  expect(buffer.startByte).toBe(5);
  buffer.trim(99);
  expect([buffer.startByte, buffer.endByte]).toEqual([12, 12]);
});

test('at the bound the oldest goes, in whole parts', () => {
  const buffer = filled();
  buffer.push(Uint8Array.of(4));
  expect([buffer.startByte, buffer.endByte]).toEqual([4, 13]);
  expect(buffer.read(0, 4)).toBeUndefined();
  buffer.push(new Uint8Array(3).fill(4));
  expect([buffer.startByte, buffer.endByte]).toEqual([4, 16]);
});

test('however the audio comes and goes, it is read as it was written', () => {
  const buffer = new ReplayBuffer(12, 4);
  let written = 0;
  let read = 0;
  for (let turn = 0; turn < 200; turn += 1) {
    const audio = Uint8Array.from({ length: (turn % 5) + 1 }, (_, index) => (written + index) % 251);
    buffer.push(audio);
    written += audio.length;
    for (let part = buffer.read(read, written); part !== undefined; part = buffer.read(read, written)) {
      expect(bytes(part)).toEqual(Array.from(part, (_, index) => (read + index) % 251));
      read += part.length;
    }
    expect(read).toBe(written);
    if (turn % 3 === 0) buffer.trim(read - 2);
  }
});
