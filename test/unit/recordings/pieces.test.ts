import { expect, test } from 'vitest';
import { Pieces } from '../../../src/recordings/pieces.ts';

test('memory that was given back is used again, for pieces of its own length', () => {
  const pieces = new Pieces();
  const first = pieces.copyOf(new Uint8Array(320).fill(1));
  pieces.giveBack(first);
  const longer = pieces.copyOf(new Uint8Array(640).fill(2));
  expect(longer.buffer).not.toBe(first.buffer);
  const again = pieces.copyOf(new Uint8Array(320).fill(3));
  expect(again).toBe(first);
  expect(again.every((byte) => byte === 3)).toBe(true);
  expect(longer.every((byte) => byte === 2)).toBe(true);
});

test('what is still being written is nobody else’s, and what is kept is bounded', () => {
  const pieces = new Pieces();
  const written = Array.from({ length: 100 }, (_, index) => pieces.copyOf(new Uint8Array(8).fill(index)));
  expect(new Set(written).size).toBe(100);
  for (const piece of written) pieces.giveBack(piece);
  const again = Array.from({ length: 100 }, () => pieces.copyOf(new Uint8Array(8)));
  expect(again.filter((piece) => written.includes(piece))).toHaveLength(32);
});
