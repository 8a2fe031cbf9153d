/** A piece of text in the queue: about half a minute of speech at most. */
const MOST_CHARACTERS = 400;

/**
 * Text as espeak-ng may be given it: without control characters and pictographs (it would read out their names), and
 * without the characters that it takes for markup and would swallow.
 */
export function readable(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('&', ' and ')
    .replaceAll(/[<>]|\p{Extended_Pictographic}|\p{Cc}|\p{Cf}|\uFE0F|\uFFFD/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The text in sentences of at most 400 characters; nothing where there is nothing to say. */
export function sentences(text: string): string[] {
  return text
    .split(/(?<=[.!?…。！？]["'”’)]*)\s+/u)
    .flatMap(cut)
    .filter((sentence) => /[\p{L}\p{N}]/u.test(sentence));
}

/** How long one breathes after it. */
export function pauseAfterMs(sentence: string): number {
  if (/[.!?…。！？]["'”’)]*$/u.test(sentence)) return 240;
  return /[,;:，、–—-]$/u.test(sentence) ? 120 : 0;
}

/** Cuts at a space where there is one, else in the middle of a word. */
function cut(sentence: string): string[] {
  const parts: string[] = [];
  let rest = sentence;
  while (rest.length > MOST_CHARACTERS) {
    const space = rest.lastIndexOf(' ', MOST_CHARACTERS);
    const at = space > 0 ? space : MOST_CHARACTERS;
    parts.push(rest.slice(0, at).toWellFormed());
    rest = rest.slice(at).trim();
  }
  return [...parts, rest];
}
