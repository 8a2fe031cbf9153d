import { expect, test } from 'vitest';
import { Pieces } from '../../../src/tts/local/pieces.ts';
import { pauseAfterMs, readable, sentences } from '../../../src/tts/local/script.ts';
import { espeakName, voiceFor, voiceNames } from '../../../src/tts/local/voices.ts';

test.each([
  ['Tom & Jerry', 'Tom and Jerry'],
  ['a <b>bold</b> word', 'a b bold /b word'],
  ['hello 👋🏽 there', 'hello there'],
  ['a\u0000b\u001Bc\nd', 'a b c d'],
  ['half \uD83D', 'half'],
  ['at 4:30 PM, 50 %', 'at 4:30 PM, 50 %'],
])('%j is read as %j: nothing is swallowed as markup', (text, read) => {
  expect(
    readable(text)
      .replaceAll(/[\u{1F3FB}-\u{1F3FF}]/gu, '')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  ).toBe(read);
});

test('a text becomes sentences, and what cannot be said is left out', () => {
  expect(sentences('Of course. "Really?" Yes! …')).toEqual(['Of course.', '"Really?"', 'Yes!']);
  expect(sentences('')).toEqual([]);
  expect(sentences('… !?')).toEqual([]);
});

test('no piece in the queue is longer than 400 characters, and no letter is lost', () => {
  const words = 'word '.repeat(500).trim();
  const parts = sentences(words);
  expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(400);
  expect(parts.join(' ')).toBe(words);
  expect(sentences('a'.repeat(1000)).join('')).toBe('a'.repeat(1000));
});

test('one breathes longer after a sentence than after a clause, and not inside one', () => {
  expect(pauseAfterMs('Of course.')).toBeGreaterThan(pauseAfterMs('of course,'));
  expect(pauseAfterMs('of course,')).toBeGreaterThan(0);
  expect(pauseAfterMs('of')).toBe(0);
});

test.each([
  ['en-US', 'en-us'],
  ['en', 'en-us'],
  ['en-GB', 'en-gb'],
  ['en-NZ', 'en-gb'],
  ['de-AT', 'de'],
  ['es-MX', 'es-419'],
  ['pt-BR', 'pt-br'],
  ['zh-CN', 'cmn'],
  ['tlh', 'en-us'],
  ['constructor', 'en-us'],
  ['', 'en-us'],
])('%j is spoken by %s', (language, voice) => {
  expect(voiceFor(language)).toBe(voice);
  expect(voiceNames).toContain(voice);
});

test('the default voice is the first, and an unknown one is spoken by it', () => {
  expect(voiceNames[0]).toBe('en-us');
  expect(espeakName('toString')).toBe('en-us');
});

function pieces(...chunks: number[][]): number[][] {
  const given: number[][] = [];
  const cutter = new Pieces((piece) => given.push([...piece]));
  for (const chunk of chunks) cutter.push(Int16Array.from(chunk));
  cutter.end();
  return given;
}

test('the silence before the first sound is left out, but for 5 ms that keep its onset', () => {
  const quiet = Array.from({ length: 3000 }, () => 3);
  const given = pieces(quiet, [...quiet, 500, -500], [7]);
  expect(given.flat()).toEqual([...quiet.slice(0, 110), 500, -500, 7]);
  expect(pieces(quiet, quiet)).toEqual([]);
});

test('pieces last at most 80 ms, and silence inside is kept', () => {
  const sound = Array.from({ length: 5000 }, (_, at) => (at === 0 || at > 4000 ? 1000 : 0));
  const given = pieces(sound.slice(0, 2206), sound.slice(2206));
  expect(given.map(({ length }) => length)).toEqual([1764, 1764, 1472]);
  expect(given.flat()).toEqual(sound);
});
