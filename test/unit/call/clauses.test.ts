import { describe, expect, test } from 'vitest';
import { Clauses } from '../../../src/call/clauses.ts';

/** The clauses of a text that comes in pieces of so many characters. */
function cut(text: string, piece: number): string[] {
  const clauses = new Clauses();
  const all: string[] = [];
  for (let from = 0; from < text.length; from += piece) all.push(...clauses.push(text.slice(from, from + piece)));
  return [...all, ...clauses.flush()];
}

describe('clauses', () => {
  test.each([1, 3, 1_000])('the first ends at a comma, later ones at a sentence (pieces of %d)', (piece) => {
    expect(cut('Thank you for asking, I can do that, of course. When would suit you?', piece)).toEqual([
      'Thank you for asking,',
      'I can do that, of course.',
      'When would suit you?',
    ]);
  });

  test('the first is told with its own mark, without waiting for another word', () => {
    const clauses = new Clauses();
    expect(clauses.push('That is all settled')).toEqual([]);
    expect(clauses.push('.')).toEqual(['That is all settled.']);
    expect(clauses.push(' Is there anything else')).toEqual([]);
    expect(clauses.push('?')).toEqual([]);
    expect(clauses.push(' Just')).toEqual(['Is there anything else?']);
  });

  test.each([
    'That would cost 3',
    'It comes from the U.S',
    'You would see Mr',
    'Look at www.example',
    'Write to a@example',
  ])('"%s." may go on, so it waits', (text) => expect(new Clauses().push(`${text}.`)).toEqual([]));

  test('a number is not torn at its point', () => {
    expect(cut('It costs some 3.50 euros today.', 1)).toEqual(['It costs some 3.50 euros today.']);
  });

  test('what is too short alone is said with what follows', () => {
    expect(cut('Yes. I can do that. Good.', 2)).toEqual(['Yes. I can do that.', 'Good.']);
  });

  test('nothing is lost of a text without any break', () => {
    const text = 'word '.repeat(200).trim();
    const clauses = cut(text, 7);
    expect(clauses.length).toBeGreaterThan(3);
    expect(clauses.join(' ')).toBe(text);
  });

  test('marks without words are not said', () => {
    expect(cut('Hello to you there. … !!', 5)).toEqual(['Hello to you there.']);
  });
});
