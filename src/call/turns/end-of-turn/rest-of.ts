import { wordsOf } from '../words.ts';

/**
 * What these words say beyond `given`, where they begin with it, however it is written: empty for nothing. Words that begin
 * in another way are left as they are.
 */
export function restOf(text: string, given: string): string {
  if (given === '') return text;
  const words = text.split(/\s+/);
  const before = given.split(/\s+/);
  const goesOn = before.every((word, index) => bare(word) === bare(words[index] ?? ''));
  return goesOn ? words.slice(before.length).join(' ') : text;
}

function bare(word: string): string {
  return wordsOf(word).join(' ');
}
