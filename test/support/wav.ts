/** How loud the two channels of a PCM16 stereo WAV are, as the root mean square of their samples, and how long it is. */
export function loudness(wav: Buffer): { left: number; right: number; seconds: number } {
  if (wav.toString('latin1', 0, 4) !== 'RIFF' || wav.toString('latin1', 8, 12) !== 'WAVE') throw new Error('not a WAV');
  if (wav.readUInt16LE(20) !== 1 || wav.readUInt16LE(22) !== 2) throw new Error('not PCM in two channels');
  const rate = wav.readUInt32LE(24);
  const start = wav.indexOf('data', 0, 'latin1') + 8;
  const frames = Math.floor((wav.length - start) / 4);
  let left = 0;
  let right = 0;
  for (let frame = 0; frame < frames; frame += 1) {
    left += wav.readInt16LE(start + frame * 4) ** 2;
    right += wav.readInt16LE(start + frame * 4 + 2) ** 2;
  }
  return { left: Math.sqrt(left / frames), right: Math.sqrt(right / frames), seconds: frames / rate };
}
