/** More in one message closes the socket (1009 BIG-0001). */
const MOST_CHARACTERS = 2000;

/**
 * A segment as Deepgram may be given it: well-formed, without control characters, in pieces of at most 2,000 characters,
 * cut at spaces where there are any. Empty where there is nothing to say: Deepgram would give no audio for it.
 */
export function piecesOf(segmentText: string): string[] {
  let rest = segmentText
    .toWellFormed()
    .replaceAll(/[\p{Cc}\u{FFFD}\s]+/gu, ' ')
    .trim();
  const pieces: string[] = [];
  while (rest !== '') {
    const end = rest.length <= MOST_CHARACTERS ? rest.length : cutOf(rest);
    const piece = rest.slice(0, end).trim();
    if (/[\p{L}\p{N}]/u.test(piece)) pieces.push(piece);
    rest = rest.slice(end).trim();
  }
  return pieces;
}

/** At the end of a sentence, else at a space, else between two characters. */
function cutOf(text: string): number {
  const head = text.slice(0, MOST_CHARACTERS);
  const sentence = Math.max(...['. ', '! ', '? '].map((end) => head.lastIndexOf(end))) + 1;
  if (sentence > MOST_CHARACTERS / 2) return sentence;
  const space = head.lastIndexOf(' ');
  if (space > 0) return space;
  const code = head.codePointAt(MOST_CHARACTERS - 1) ?? 0;
  return code >= 0xd8_00 && code <= 0xdb_ff ? MOST_CHARACTERS - 1 : MOST_CHARACTERS;
}
