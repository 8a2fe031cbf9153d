/** Signals for the tests of the media room: samples of 16 bits, made by formula. */

/** A sine; `level` is its peak as a share of full scale. */
export function tone(hz: number, rateHz: number, ms: number, level = 0.5): Int16Array {
  return make(rateHz, ms, (seconds) => level * Math.sin(2 * Math.PI * hz * seconds));
}

/** White noise that is the same each time. */
export function noise(rateHz: number, ms: number, level: number): Int16Array {
  let state = 12_345;
  return make(rateHz, ms, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return level * (state / 2 ** 31 - 1);
  });
}

/** Something like "ah": a voice of 120 Hz whose overtones are strong near 700, 1200 and 2500 Hz. */
export function vowel(rateHz: number, ms: number, level = 0.3): Int16Array {
  const overtones = Array.from({ length: 25 }, (_, index) => (index + 1) * 120);
  const strengths = overtones.map((hz) => peak(hz, 700, 130) + 0.5 * peak(hz, 1200, 150) + 0.2 * peak(hz, 2500, 250));
  const sum = strengths.reduce((a, b) => a + b, 0);
  return make(rateHz, ms, (seconds) => {
    let value = 0;
    for (const [index, hz] of overtones.entries())
      value += (strengths[index] ?? 0) * Math.sin(2 * Math.PI * hz * seconds);
    return (level * value * 2) / sum;
  });
}

export function silence(rateHz: number, ms: number): Int16Array {
  return make(rateHz, ms, () => 0);
}

export function join(...parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Little-endian bytes. */
export function pcmBytes(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  for (const [index, sample] of samples.entries()) view.setInt16(index * 2, sample, true);
  return bytes;
}

export function pcmSamples(bytes: Uint8Array): Int16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Int16Array.from({ length: bytes.byteLength / 2 }, (_, index) => view.getInt16(index * 2, true));
}

/** The peak of the part of `samples` that is a sine of `hz`, as a share of full scale. */
export function levelOf(samples: Int16Array, hz: number, rateHz: number): number {
  let real = 0;
  let imaginary = 0;
  let weights = 0;
  for (const [index, sample] of samples.entries()) {
    // A Hann window, so that other tones don't leak in.
    const weight = 1 - Math.cos((2 * Math.PI * (index + 0.5)) / samples.length);
    const angle = (2 * Math.PI * hz * index) / rateHz;
    real += weight * sample * Math.cos(angle);
    imaginary += weight * sample * Math.sin(angle);
    weights += weight;
  }
  return (2 * Math.hypot(real, imaginary)) / weights / 32_768;
}

export function decibels(ratio: number): number {
  return 20 * Math.log10(ratio);
}

function make(rateHz: number, ms: number, at: (seconds: number) => number): Int16Array {
  return Int16Array.from({ length: Math.round((rateHz * ms) / 1000) }, (_, index) =>
    Math.max(-32_768, Math.min(32_767, Math.round(at(index / rateHz) * 32_767))),
  );
}

function peak(hz: number, centre: number, width: number): number {
  return 1 / (1 + ((hz - centre) / width) ** 2);
}
