import type { TurnPhrases } from '../phrases.ts';
import { wordsOf } from '../words.ts';

/** How much longer somebody is waited for, in ms, who ended like this. */
const AFTER_CONJUNCTION_MS = 1_000;
const AFTER_DICTATION_MS = 1_500;
/** So many digits may be a whole telephone number; the pauses within one are shorter than those after it. */
const WHOLE_NUMBER_DIGITS = 10;
const AFTER_WHOLE_NUMBER_MS = 800;
/** Dictation is told by the last words: at least so many of the last so many. */
const LAST_WORDS = 3;
const FEWEST_DICTATED = 2;

/**
 * How much longer than usual a pause may be before these words are a turn: 0 where they sound finished. Whoever dictates
 * pauses between groups of digits or letters, and who ends in "and" or "um" is looking for the rest.
 */
export function patienceMs(text: string, phrases: TurnPhrases): number {
  const words = wordsOf(text);
  const last = words.at(-1);
  if (last === undefined) return 0;
  if (isDictating(words, phrases))
    return digitsOf(words, phrases) >= WHOLE_NUMBER_DIGITS ? AFTER_WHOLE_NUMBER_MS : AFTER_DICTATION_MS;
  // A question is finished, whatever its last word.
  if (/[?!]\s*$/.test(text)) return 0;
  const goesOn = phrases.unfinished.end(words) || phrases.signs.end(words) || /^\p{L}$/u.test(last);
  return goesOn ? AFTER_CONJUNCTION_MS : 0;
}

function isDictating(words: readonly string[], phrases: TurnPhrases): boolean {
  const last = words.at(-1) ?? '';
  // Some STTs put the digits together: "0151 234".
  if (/^\p{N}{3,}$/u.test(last)) return true;
  const dictated = words.slice(-LAST_WORDS).filter((word) => isDictated(word, phrases)).length;
  return dictated >= FEWEST_DICTATED && (isDictated(last, phrases) || phrases.signs.has(last));
}

/** A digit, a number word, or a single letter as in a spelling. */
function isDictated(word: string, phrases: TurnPhrases): boolean {
  return /^\p{N}+$/u.test(word) || phrases.numbers.has(word) || /^\p{L}$/u.test(word);
}

/** Digits at the end of the text, a number word counting for one. */
function digitsOf(words: readonly string[], phrases: TurnPhrases): number {
  let digits = 0;
  for (const word of words.toReversed()) {
    if (!isDictated(word, phrases)) return digits;
    digits += /^\p{N}/u.test(word) ? word.length : 1;
  }
  return digits;
}
