import { wordsOf, type Phrases } from './words.ts';

/** So many of the agent's last words can come back as an echo: about four seconds of speech. */
const MOST_ECHOED_WORDS = 14;
/** This share of what was understood must be the agent's own. */
const LEAST_SHARE = 0.7;

/**
 * Whether these are the agent's own words, come back from the other end: nearly all of them, in the same order, are among
 * the last that it said. One word alone is not told from an answer, see `isRepeat`; and whoever says nothing but "stop"
 * or "no, wait" means it.
 */
export function isEcho(text: string, said: string, stops: Phrases): boolean {
  const words = wordsOf(text);
  if (words.length < 2 || stops.fill(words)) return false;
  return inOrder(words, lastOf(said)) >= Math.max(2, words.length * LEAST_SHARE);
}

/** Whether it is one word that the agent has just said: perhaps an echo that begins. */
export function isRepeat(words: readonly string[], said: string): boolean {
  const [word] = words;
  return word !== undefined && words.length === 1 && lastOf(said).includes(word);
}

function lastOf(said: string): string[] {
  return wordsOf(said).slice(-MOST_ECHOED_WORDS);
}

/** How many of the words are found in `said` in the same order: the longest common subsequence. */
function inOrder(words: readonly string[], said: readonly string[]): number {
  let before = Array.from({ length: said.length + 1 }, () => 0);
  for (const word of words) {
    const row = [0];
    for (const [at, other] of said.entries())
      row.push(word === other ? (before[at] ?? 0) + 1 : Math.max(row[at] ?? 0, before[at + 1] ?? 0));
    before = row;
  }
  return before[said.length] ?? 0;
}
