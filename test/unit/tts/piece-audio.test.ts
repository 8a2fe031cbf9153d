import { expect, test } from 'vitest';
import { openPieceAudio } from '../../../src/tts/piece-audio.ts';

const pcm = { encoding: 'pcm16', sampleRateHz: 24_000 } as const;
const mulaw = { encoding: 'mulaw', sampleRateHz: 8000 } as const;

function all(take: (audio: Uint8Array) => Uint8Array | undefined, ...chunks: number[][]): number[][] {
  return chunks.flatMap((chunk) => {
    const audio = take(Uint8Array.from(chunk));
    return audio === undefined ? [] : [[...audio]];
  });
}

test('samples stay whole, however they are cut', () => {
  expect(all(openPieceAudio(pcm, 0), [1, 2, 3], [4], [5, 6, 7, 8, 9])).toEqual([
    [1, 2],
    [3, 4],
    [5, 6, 7, 8],
  ]);
});

test('what was given before is not given again', () => {
  expect(all(openPieceAudio(mulaw, 5), [1, 2, 3], [4, 5, 6], [7])).toEqual([[6], [7]]);
});

test('the header of a file is not heard', () => {
  const header = [...Buffer.from('RIFF....WAVEfmt ................data....', 'latin1')];
  expect(all(openPieceAudio(mulaw, 0), [...header, 9, 9], [8])).toEqual([[9, 9], [8]]);
});
