import type { AudioFormat } from '../../media/audio-format.ts';

/* Audio in which a test can read: 8 kHz mu-law whose bytes are the characters, 50 ms each. */

export const telephone: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };
export const CHARACTER_MS = 50;
const CHARACTER_BYTES = CHARACTER_MS * 8;
const SILENCE = 0xff;

export function spokenAudio(text: string): Uint8Array {
  const audio = new Uint8Array(text.length * CHARACTER_BYTES);
  for (const [index, character] of [...text].entries())
    audio.fill(character.charCodeAt(0) & 0x7f, index * CHARACTER_BYTES, (index + 1) * CHARACTER_BYTES);
  return audio;
}

/** The text that these bytes say; silence is left out, a cut character counts from its half on. */
export function readAudio(chunks: readonly Uint8Array[]): string {
  let text = '';
  let run = 0;
  let last = SILENCE;
  const end = (): void => {
    if (last !== SILENCE) text += String.fromCharCode(last).repeat(Math.round(run / CHARACTER_BYTES));
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
