import { bytesPerSample, type AudioFormat } from '../../media/audio-format.ts';

/** No recording has a higher rate; what says so is another file. */
const RATE_MAX_HZ = 192_000;

/** Both channels of a recording: the caller left, the agent right. */
export const CHANNELS = 2;

/** `wFormatTag` of Microsoft's mmreg.h. */
const tags = { pcm16: 1, alaw: 6, mulaw: 7 } as const satisfies Record<AudioFormat['encoding'], number>;

/** The most that the 32 bits of a size can say. */
const SIZE_MAX = 0xffff_ffff;

/** Bytes of one sample of both channels. */
export function blockBytes(format: AudioFormat): number {
  return bytesPerSample(format) * CHANNELS;
}

/** Bytes of the header: PCM has the plain form, the others need the longer `fmt ` and a `fact`. */
export function headerBytes(format: AudioFormat): number {
  return format.encoding === 'pcm16' ? 44 : 58;
}

/** The most audio that fits one file, in whole blocks. */
export function dataBytesMax(format: AudioFormat): number {
  const most = SIZE_MAX - headerBytes(format);
  return most - (most % blockBytes(format));
}

/** The header of a WAV file of two channels that holds `dataBytes` of audio (RIFF, Multimedia Programming Interface 1.0). */
export function wavHeader(format: AudioFormat, dataBytes: number): Buffer {
  const size = headerBytes(format);
  const block = blockBytes(format);
  const plain = format.encoding === 'pcm16';
  const header = Buffer.alloc(size);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(Math.min(SIZE_MAX, size - 8 + dataBytes), 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(plain ? 16 : 18, 16);
  header.writeUInt16LE(tags[format.encoding], 20);
  header.writeUInt16LE(CHANNELS, 22);
  header.writeUInt32LE(format.sampleRateHz, 24);
  header.writeUInt32LE(format.sampleRateHz * block, 28);
  header.writeUInt16LE(block, 32);
  header.writeUInt16LE(bytesPerSample(format) * 8, 34);
  if (!plain) {
    header.write('fact', 38, 'latin1');
    header.writeUInt32LE(4, 42);
    header.writeUInt32LE(Math.floor(dataBytes / block), 46);
  }
  header.write('data', size - 8, 'latin1');
  header.writeUInt32LE(Math.min(SIZE_MAX, dataBytes), size - 4);
  return header;
}

/** The format that the beginning of a file of ours tells; undefined where it is none of ours. Its sizes are not believed. */
export function formatOfHeader(beginning: Uint8Array): AudioFormat | undefined {
  if (beginning.length < 44) return undefined;
  const bytes = Buffer.from(beginning.buffer, beginning.byteOffset, beginning.byteLength);
  const sampleRateHz = bytes.readUInt32LE(24);
  if (sampleRateHz > RATE_MAX_HZ) return undefined;
  for (const encoding of ['mulaw', 'alaw', 'pcm16'] as const) {
    const format: AudioFormat = { encoding, sampleRateHz };
    if (bytes.length >= headerBytes(format) && sameButSizes(bytes, wavHeader(format, 0))) return format;
  }
  return undefined;
}

/** The longest header of ours. */
export const HEADER_BYTES_MAX = 58;

function sameButSizes(bytes: Buffer, header: Buffer): boolean {
  const copy = Buffer.from(bytes.subarray(0, header.length));
  const sizes = [4, header.length - 4, ...(header.length === HEADER_BYTES_MAX ? [46] : [])];
  for (const at of sizes) copy.writeUInt32LE(header.readUInt32LE(at), at);
  return copy.equals(header);
}
