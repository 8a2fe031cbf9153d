/** How keys of a telephone stand among words, theirs and ours, in a transcript and for the model: `[keypad] 1234#`. */
const PREFIX = '[keypad] ';

/** The words for these keys. */
export function keyedWords(keys: string): string {
  return `${PREFIX}${keys}`;
}

/** The keys that these words stand for; null where they are ordinary words. */
export function keysIn(words: string): string | null {
  return words.startsWith(PREFIX) ? words.slice(PREFIX.length) : null;
}
