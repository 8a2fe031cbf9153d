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
