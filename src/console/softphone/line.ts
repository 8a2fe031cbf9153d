const KEY = 'ringback.line';
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

let known: string | null = null;

/** This browser profile's number, `browser:` and 16 letters or digits; the same on every visit where storage is allowed. */
export function ownLine(): string {
  known ??= stored() ?? keep(`browser:${randomLetters(16)}`);
  return known;
}

function stored(): string | null {
  try {
    const line = localStorage.getItem(KEY);
    return line !== null && /^browser:[a-z0-9]{16}$/.test(line) ? line : null;
  } catch {
    // Storage is switched off: the line lasts as long as the page.
    return null;
  }
}

function keep(line: string): string {
  try {
    localStorage.setItem(KEY, line);
  } catch {
    // As above.
  }
  return line;
}

/** 252 is the largest multiple of 36 below 256: above it letters would not be equally likely. */
function randomLetters(count: number): string {
  let letters = '';
  while (letters.length < count) {
    const [byte = 255] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < 252) letters += LETTERS[byte % LETTERS.length] ?? '';
  }
  return letters;
}
