import { bytesPerSample, durationMs, type AudioFormat } from './audio-format.ts';
import { alawSamples, mulawSamples } from './g711.ts';

/** Quieter than this, of 32,768, is nothing that anybody hears (-50 dBFS). */
const QUIET = 104;

/** How many milliseconds into this audio its first sound is; null where there is none. Samples must be whole. */
export function audibleFromMs(format: AudioFormat, audio: Uint8Array): number | null {
  const table = format.encoding === 'mulaw' ? mulawSamples : format.encoding === 'alaw' ? alawSamples : null;
  const step = bytesPerSample(format);
  for (let index = 0; index + step <= audio.length; index += step) {
    const byte = audio[index] ?? 0;
    const sample = table === null ? (((audio[index + 1] ?? 0) << 24) >> 16) | byte : (table[byte] ?? 0);
    if (sample > QUIET || sample < -QUIET) return durationMs(format, index);
  }
  return null;
}
