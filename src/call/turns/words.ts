/** The words of a text, as they are compared: lower case, without punctuation; "Uh-huh!" is "uh", "huh". */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFC')
      .toLowerCase()
      .replaceAll('’', "'")
      .match(/[\p{L}\p{M}\p{N}]+(?:'[\p{L}\p{M}\p{N}]+)*'?/gu) ?? []
  );
}

/** Phrases of one to three words, to be found in the words of a text. */
export class Phrases {
  readonly #phrases: ReadonlySet<string>;

  /** Written as they are said. */
  constructor(phrases: readonly string[]) {
    this.#phrases = new Set(phrases.map((phrase) => wordsOf(phrase).join(' ')));
  }

  /** Whether it consists of nothing else, and of at least one. */
  fill(words: readonly string[]): boolean {
    let at = 0;
    while (at < words.length) {
      const length = this.#at(words, at);
      if (length === 0) return false;
      at += length;
    }
    return at > 0;
  }

  /** Whether one of them is in it. */
  isIn(words: readonly string[]): boolean {
    return words.some((_word, at) => this.#at(words, at) > 0);
  }

  /** Whether it ends in one of them. */
  end(words: readonly string[]): boolean {
    return LENGTHS.some((length) => this.#phrases.has(words.slice(-length).join(' ')));
  }

  /** Whether this word alone is one. */
  has(word: string): boolean {
    return this.#phrases.has(word);
  }

  #at(words: readonly string[], at: number): number {
    return LENGTHS.find((length) => this.#phrases.has(words.slice(at, at + length).join(' '))) ?? 0;
  }
}

/** Longest first. */
const LENGTHS = [3, 2, 1];
