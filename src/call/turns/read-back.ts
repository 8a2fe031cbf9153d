import type { Turn } from '../../domain/call.ts';
import { keysIn } from './keyed-words.ts';
import type { TurnPhrases } from './phrases.ts';
import { wordsOf } from './words.ts';

/** Sentences of tools are looked for in so many of the last turns. */
const LAST_TURNS = 6;
/** A sentence reads one back when this share of its words, and at least so many, are in it. */
const LEAST_SHARE = 0.75;
const FEWEST_WORDS = 3;

/** Whether a voice alone pauses this sentence not: keys, as one that is cut would be pressed twice, and a read-back. */
export function isHeardOut(sentence: string, turns: readonly Turn[]): boolean {
  return keysIn(sentence) !== null || isReadBack(sentence, turns);
}

/** Whether this sentence reads a booked time back, as a tool asked for it: the LLM may have put it a little differently. */
function isReadBack(sentence: string, turns: readonly Turn[]): boolean {
  const words = wordsOf(sentence);
  if (words.length < FEWEST_WORDS) return false;
  return turns.slice(-LAST_TURNS).some((turn) => {
    const say = bookedSentence(turn.toolResult);
    if (say === null) return false;
    const booked = new Set(wordsOf(say));
    return words.filter((word) => booked.has(word)).length >= words.length * LEAST_SHARE;
  });
}

/** Whether it names another number or time than the sentence that is being read back. */
export function isCorrection(words: readonly string[], sentence: string, phrases: TurnPhrases): boolean {
  const read = new Set(wordsOf(sentence));
  return words.some((word) => {
    const tells = /\p{N}/u.test(word) || phrases.numbers.has(word) || phrases.times.has(word);
    return tells && !read.has(word);
  });
}

/** What a tool that booked a time asks to be read back. */
function bookedSentence(result: unknown): string | null {
  if (typeof result !== 'object' || result === null) return null;
  if (!('say' in result) || !('local_time' in result)) return null;
  return typeof result.say === 'string' ? result.say : null;
}
