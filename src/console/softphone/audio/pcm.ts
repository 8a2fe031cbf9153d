/* Samples between -1 and 1, and PCM16 little-endian as it goes over the wire. */

/** The rate of the wire, both ways. */
export const WIRE_HZ = 16_000;
/** 20 ms. */
export const FRAME_SAMPLES = 320;

export function toPcm16(samples: Float32Array): ArrayBuffer {
  const bytes = new DataView(new ArrayBuffer(samples.length * 2));
  for (const [index, sample] of samples.entries())
    bytes.setInt16(index * 2, Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), true);
  return bytes.buffer;
}

/** A last odd byte is left out. */
export function fromPcm16(pcm: ArrayBuffer): Float32Array {
  const bytes = new DataView(pcm);
  return Float32Array.from(
    { length: Math.floor(pcm.byteLength / 2) },
    (_, index) => bytes.getInt16(index * 2, true) / 32_768,
  );
}

/** Loudness between 0 and 1 as a meter shows it: -60 dB is nothing. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const level = Math.sqrt(sum / Math.max(1, samples.length));
  return level <= 0.001 ? 0 : Math.min(1, 1 + (20 * Math.log10(level)) / 60);
}
