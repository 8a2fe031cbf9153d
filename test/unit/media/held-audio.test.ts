import { describe, expect, test } from 'vitest';
import { HeldAudio } from '../../../media/held-audio.ts';

function held(...chunks: number[][]): HeldAudio {
  const audio = new HeldAudio();
  for (const chunk of chunks) audio.push(Uint8Array.from(chunk));
  return audio;
}

describe('audio that may be sent again', () => {
  test('is given from any byte on, across chunks', () => {
    const audio = held([1, 2, 3], [4], [], [5, 6]);
    expect([...audio.last(2)]).toEqual([5, 6]);
    expect([...audio.last(3)]).toEqual([4, 5, 6]);
    expect([...audio.last(5)]).toEqual([2, 3, 4, 5, 6]);
    expect([...audio.last(0)]).toEqual([]);
  });

  test('is given whole where more is asked for than is held', () => {
    expect([...held([1, 2], [3]).last(9)]).toEqual([1, 2, 3]);
    expect([...held().last(9)]).toEqual([]);
  });

  test('is forgotten once it is not needed any more, and never too early', () => {
    const audio = held([1, 2, 3], [4, 5], [6]);
    audio.keep(4);
    expect(audio.bytes).toBe(6);
    audio.keep(3);
    expect([...audio.last(9)]).toEqual([4, 5, 6]);
    audio.keep(0);
    expect(audio.bytes).toBe(0);
  });

  test('is a copy: what is done to it later changes nothing', () => {
    const chunk = Uint8Array.of(1, 2);
    const audio = new HeldAudio();
    audio.push(chunk);
    const copy = audio.last(2);
    chunk.fill(9);
    expect([...copy]).toEqual([1, 2]);
  });
});
