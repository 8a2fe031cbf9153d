/** How audio bytes are to be read. A call has exactly one: its carrier's. */
export interface AudioFormat {
  /** `mulaw` and `alaw` are G.711, one byte a sample; `pcm16` is signed 16-bit little-endian. Mono. */
  readonly encoding: 'mulaw' | 'alaw' | 'pcm16';
  readonly sampleRateHz: number;
}

/** The frame that every carrier speaks in. */
export const FRAME_MS = 20;

export function bytesPerSample(format: AudioFormat): number {
  return format.encoding === 'pcm16' ? 2 : 1;
}

/** Bytes of `durationMs` of audio, in whole samples. */
export function bytesOf(format: AudioFormat, durationMs: number): number {
  return Math.round((format.sampleRateHz * durationMs) / 1000) * bytesPerSample(format);
}

/** Milliseconds that `byteLength` bytes last. */
export function durationMs(format: AudioFormat, byteLength: number): number {
  return (byteLength / bytesPerSample(format) / format.sampleRateHz) * 1000;
}

/** The byte of digital silence: 0xFF in mu-law, 0xD5 in A-law, 0 in PCM (ITU-T G.711). */
export function silenceByte(format: AudioFormat): number {
  if (format.encoding === 'mulaw') return 0xff;
  return format.encoding === 'alaw' ? 0xd5 : 0;
}

export function sameFormat(a: AudioFormat, b: AudioFormat): boolean {
  return a.encoding === b.encoding && a.sampleRateHz === b.sampleRateHz;
}
