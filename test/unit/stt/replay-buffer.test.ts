import { expect, test } from 'vitest';
import { ReplayBuffer } from '../../../src/stt/replay-buffer.ts';

function filled(): ReplayBuffer {
  const buffer = new ReplayBuffer(12);
  for (const byte of [1, 2, 3]) buffer.push(new Uint8Array(4).fill(byte));
  return buffer;
}

test('what was heard is read from any place', () => {
  const buffer = filled();
  expect([...(buffer.at(4) ?? [])]).toEqual([2, 2, 2, 2]);
  expect([...(buffer.at(6) ?? [])]).toEqual([2, 2]);
  expect(buffer.at(12)).toBeUndefined();
  expect(buffer.at(-1)).toBeUndefined();
});

test('what is understood is forgotten to the byte, and only that', () => {
  const buffer = filled();
  buffer.trim(5);
  expect([buffer.startByte, buffer.endByte]).toEqual([5, 12]);
  expect([...(buffer.at(5) ?? [])]).toEqual([2, 2, 2]);
  buffer.trim(3);
  expect(buffer.startByte).toBe(5);
  buffer.trim(99);
  expect([buffer.startByte, buffer.endByte]).toEqual([12, 12]);
});

test('at the bound the oldest goes', () => {
  const buffer = filled();
  buffer.push(new Uint8Array(4).fill(4));
  expect([buffer.startByte, buffer.endByte]).toEqual([4, 16]);
  expect(buffer.at(0)).toBeUndefined();
});
