import { expect, test } from 'vitest';
import { piecesOf } from '../../../src/tts/pieces.ts';

test.each(['', ' \n\t', '… — !?', '\u0000\u0007', '👋🏽 🎉'])('%j has nothing to be spoken', (text) => {
  expect(piecesOf(text)).toEqual([]);
});

test('control characters and half characters are not sent', () => {
  expect(piecesOf('a\u0000b\uD83D c\r\n d')).toEqual(['a b c d']);
});

test('a long text is cut at the end of a sentence, else at a space, else anywhere but inside a character', () => {
  const sentences = 'We call you back. '.repeat(150);
  const words = 'word '.repeat(500);
  const endless = `a${'😀'.repeat(1500)}`;
  for (const text of [sentences, words, `${endless}z`]) {
    const pieces = piecesOf(text);
    expect(pieces.every((piece) => piece.length <= 2000 && piece.isWellFormed())).toBe(true);
  }
  expect(piecesOf(sentences).every((piece) => piece.endsWith('.'))).toBe(true);
  expect(piecesOf(words).join(' ')).toBe(words.trim());
});
