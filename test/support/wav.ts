import { mulawSamples } from '../../media/g711.ts';

const PCM = 1;
const MULAW = 7;

/** How loud the two channels of a stereo WAV are, PCM16 or mu-law, as the root mean square of their samples, and how long it is. */
export function loudness(wav: Buffer): { left: number; right: number; seconds: number } {
  if (wav.toString('latin1', 0, 4) !== 'RIFF' || wav.toString('latin1', 8, 12) !== 'WAVE') throw new Error('not a WAV');
  const format = wav.readUInt16LE(20);
  if ((format !== PCM && format !== MULAW) || wav.readUInt16LE(22) !== 2)
    throw new Error('not PCM or mu-law in two channels');
  const rate = wav.readUInt32LE(24);
  const start = wav.indexOf('data', 0, 'latin1') + 8;
  const sampleBytes = format === PCM ? 2 : 1;
  const frames = Math.floor((wav.length - start) / (2 * sampleBytes));
  const sample = (index: number): number =>
    format === PCM ? wav.readInt16LE(start + index * 2) : (mulawSamples[wav[start + index] ?? 0xff] ?? 0);
  let left = 0;
  let right = 0;
  for (let frame = 0; frame < frames; frame += 1) {
    left += sample(frame * 2) ** 2;
    right += sample(frame * 2 + 1) ** 2;
  }
  return { left: Math.sqrt(left / frames), right: Math.sqrt(right / frames), seconds: frames / rate };
}

/** Quieter than this, of 32,768, is silence. */
const QUIET = 104;
/** A pause that is shorter belongs to what stands around it. */
const PAUSE_MS = 300;

/** Where there is sound on one channel of a stereo WAV in mu-law, in ms from its beginning. */
export function soundsIn(wav: Buffer, side: 'left' | 'right'): { fromMs: number; toMs: number }[] {
  if (wav.readUInt16LE(20) !== MULAW || wav.readUInt16LE(22) !== 2) throw new Error('not mu-law in two channels');
  const perMs = wav.readUInt32LE(24) / 1000;
  const start = wav.indexOf('data', 0, 'latin1') + 8 + (side === 'left' ? 0 : 1);
  const sounds: { fromMs: number; toMs: number }[] = [];
  for (let index = start; index < wav.length; index += 2) {
    if (Math.abs(mulawSamples[wav[index] ?? 0xff] ?? 0) <= QUIET) continue;
    const atMs = (index - start) / 2 / perMs;
    const last = sounds.at(-1);
    if (last !== undefined && atMs - last.toMs < PAUSE_MS) last.toMs = atMs + 1 / perMs;
    else sounds.push({ fromMs: atMs, toMs: atMs + 1 / perMs });
  }
  return sounds;
}
