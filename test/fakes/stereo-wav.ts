/** A two-channel 16 kHz recording: the caller and the agent take turns of two seconds, each in a tone of their own. */
export function stereoWav(seconds: number): Buffer {
  const rateHz = 16_000;
  const frames = rateHz * seconds;
  const wav = Buffer.alloc(44 + frames * 4);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + frames * 4, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(2, 22);
  wav.writeUInt32LE(rateHz, 24);
  wav.writeUInt32LE(rateHz * 4, 28);
  wav.writeUInt16LE(4, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(frames * 4, 40);
  for (let frame = 0; frame < frames; frame += 1) {
    const at = frame / rateHz;
    const isCaller = Math.floor(at / 2) % 2 === 0;
    const sample = Math.round(9_000 * Math.sin(2 * Math.PI * (isCaller ? 220 : 330) * at));
    wav.writeInt16LE(sample, 44 + frame * 4 + (isCaller ? 0 : 2));
  }
  return wav;
}
