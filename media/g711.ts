/**
 * G.711, the two companded codings of telephony: one byte for a sample of 16 bits (ITU-T G.711, tables 1 and 2).
 *
 * Both directions are look-ups. Samples are left-justified in 16 bits, as everywhere: mu-law spans +-32124, A-law
 * +-32256. A negative sample is compared by its one's complement, as the ITU's own reference software does (G.191),
 * so that every code comes back to itself; only mu-law's negative zero, 0x7F, comes back as 0xFF.
 */

/** What each code stands for. */
export const mulawSamples: Int16Array = Int16Array.from({ length: 256 }, (_, code) => mulawSample(code));
export const alawSamples: Int16Array = Int16Array.from({ length: 256 }, (_, code) => alawSample(code));

/** The code of each sample, by the sample's 16 bits read as unsigned. */
const mulawCodes = Uint8Array.from({ length: 65_536 }, (_, bits) => mulawCode((bits << 16) >> 16));
const alawCodes = Uint8Array.from({ length: 65_536 }, (_, bits) => alawCode((bits << 16) >> 16));

/** Writes one sample for each code to the front of `into`, which must have the room (else it throws RangeError). */
export function decodeMulaw(codes: Uint8Array, into: Int16Array): void {
  expand(codes, mulawSamples, into);
}

/** As `decodeMulaw`, for A-law. */
export function decodeAlaw(codes: Uint8Array, into: Int16Array): void {
  expand(codes, alawSamples, into);
}

/** Writes one code for each sample to the front of `into`, which must have the room (else it throws RangeError). */
export function encodeMulaw(samples: Int16Array, into: Uint8Array): void {
  compress(samples, mulawCodes, into);
}

/** As `encodeMulaw`, for A-law. */
export function encodeAlaw(samples: Int16Array, into: Uint8Array): void {
  compress(samples, alawCodes, into);
}

function expand(codes: Uint8Array, table: Int16Array, into: Int16Array): void {
  if (into.length < codes.length) throw new RangeError(`no room for ${codes.length} samples`);
  for (let index = 0; index < codes.length; index += 1) into[index] = table[codes[index] ?? 0] ?? 0;
}

function compress(samples: Int16Array, table: Uint8Array, into: Uint8Array): void {
  if (into.length < samples.length) throw new RangeError(`no room for ${samples.length} codes`);
  for (let index = 0; index < samples.length; index += 1) into[index] = table[(samples[index] ?? 0) & 0xffff] ?? 0;
}

/** Sign, three bits of segment, four bits of step, all inverted; a bias of 33 (of 14 bits) makes segments powers of two. */
function mulawSample(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 1) + 33) << ((bits >> 4) & 7)) - 33;
  return (bits & 0x80) === 0 ? magnitude << 2 : -(magnitude << 2);
}

function mulawCode(sample: number): number {
  const biased = Math.min(((sample < 0 ? ~sample : sample) >> 2) + 33, 0x1fff);
  const segment = 26 - Math.clz32(biased);
  const bits = (sample < 0 ? 0x80 : 0) | (segment << 4) | ((biased >> (segment + 1)) & 0x0f);
  return ~bits & 0xff;
}

/** Sign, segment and step with every even bit inverted; the two lowest segments share one step size. */
function alawSample(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return (bits & 0x80) === 0 ? -magnitude : magnitude;
}

function alawCode(sample: number): number {
  const magnitude = (sample < 0 ? ~sample : sample) >> 4;
  const segment = Math.max(0, 28 - Math.clz32(magnitude));
  const step = (magnitude >> Math.max(0, segment - 1)) & 0x0f;
  return ((sample < 0 ? 0 : 0x80) | (segment << 4) | step) ^ 0x55;
}
