import type { AudioFormat } from '../../media/audio-format.ts';

/* Audio in which a test can read: 8 kHz mu-law whose bytes are the characters, 50 ms each. */

export const telephone: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };
export const CHARACTER_MS = 50;
const SILENCE = 0xff;

export function spokenAudio(text: string, characterMs = CHARACTER_MS): Uint8Array {
  const bytes = characterMs * 8;
  const audio = new Uint8Array(text.length * bytes);
  for (const [index, character] of [...text].entries())
    audio.fill(character.charCodeAt(0) & 0x7f, index * bytes, (index + 1) * bytes);
  return audio;
}

/** The text that these bytes say; silence is left out, a cut character counts from its half on. */
export function readAudio(chunks: readonly Uint8Array[], characterMs = CHARACTER_MS): string {
  let text = '';
  let run = 0;
  let last = SILENCE;
  const end = (): void => {
    if (last !== SILENCE) text += String.fromCharCode(last).repeat(Math.round(run / (characterMs * 8)));
  };
  for (const chunk of chunks) {
    for (const byte of chunk) {
      if (byte === last) run += 1;
      else {
        end();
        last = byte;
        run = 1;
      }
    }
  }
  end();
  return text;
}

/** A caller's frame of 20 ms: a hum that any gate takes for a voice, or digital silence. */
export function callerFrame(kind: 'voice' | 'silence'): Uint8Array {
  const frame = new Uint8Array(160).fill(SILENCE);
  if (kind === 'voice') for (let index = 0; index < 160; index += 1) frame[index] = index % 40 < 20 ? 0x90 : 0x10;
  return frame;
}

/**
 * How far into `text` somebody came who heard `heard`, where speech that was paused goes on up to `mostBack` characters
 * before the place where it was: nothing is left out, and nothing else is heard. Null where that is not what was heard.
 * Spaces are left out of the comparison: those between two clauses are not spoken.
 */
export function reachedWithRepeats(text: string, heard: string, mostBack: number): number | null {
  const line = heard.replaceAll(' ', '');
  for (const step of steps(text.replaceAll(' ', ''), line, 0, mostBack)) if (step.at === line.length) return step.most;
  return null;
}

/** Whether all of `text` is somewhere in what was heard, as above. */
export function isHeardWithRepeats(text: string, heard: string, mostBack: number): boolean {
  const said = text.replaceAll(' ', '');
  const line = heard.replaceAll(' ', '');
  for (let from = 0; from <= line.length; from += 1)
    for (const step of steps(said, line, from, mostBack)) if (step.most === said.length) return true;
  return false;
}

/** Every way to read `line` from `at` on as `said` with repeats: where in both it can stand. */
function* steps(said: string, line: string, at: number, mostBack: number) {
  const seen = new Set<number>();
  const open = [{ at, in: 0, most: 0 }];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    const key = step.at * (said.length + 1) + step.in;
    if (seen.has(key)) continue;
    seen.add(key);
    yield step;
    for (let back = Math.min(mostBack, step.in); back > 0; back -= 1) open.push({ ...step, in: step.in - back });
    if (step.at < line.length && said.charAt(step.in) === line.charAt(step.at))
      open.push({ at: step.at + 1, in: step.in + 1, most: Math.max(step.most, step.in + 1) });
  }
}
