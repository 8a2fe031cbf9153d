import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { sameFormat, type AudioFormat } from '../../media/audio-format.ts';
import { RingbackError } from '../errors.ts';
import { callOfFileName } from './file-name.ts';
import { blockBytes, dataBytesMax, formatOfHeader, HEADER_BYTES_MAX, headerBytes, wavHeader } from './wav-header.ts';

/** Bytes asked for: from `start` (negative: so many before the end), to `end` inclusive or to the last where it is null. */
export interface ByteRange {
  readonly start: number;
  readonly end: number | null;
}

/** Bytes `start` to `end` inclusive of a WAV file of `size` bytes. Whoever asked reads or destroys `body`. */
export interface RecordingBytes {
  readonly body: Readable;
  readonly size: number;
  readonly start: number;
  readonly end: number;
}

/** The most files that one call's recording is read from. */
const PARTS_MAX = 50;

const CHUNK_BYTES = 65_536;

/**
 * A call's recording as one WAV file, its header made anew from what is on the disk: so one whose process died, or that
 * still grows, is whole up to what was written. `file` is the name of any of its files in `dir`; the later ones of the
 * same format follow in the order in which they were begun, the time between them left out.
 *
 * Throws `not_found` (also for a name that is not one of ours: nothing outside `dir` is ever opened) and
 * `range_not_satisfiable`, whose details tell the size.
 */
export async function readRecording(dir: string, file: string, range: ByteRange | null): Promise<RecordingBytes> {
  const parts = await partsOf(dir, file);
  const [first] = parts;
  if (first === undefined) throw new RingbackError('not_found', ['recording']);
  const audioBytes = parts.reduce((bytes, part) => bytes + part.audioBytes, 0);
  const header = wavHeader(first.format, audioBytes);
  const size = header.length + audioBytes;
  const from = range?.start ?? 0;
  const start = from < 0 ? Math.max(0, size + from) : from;
  const end = Math.min(range?.end ?? size - 1, size - 1);
  if (start > end) throw new RingbackError('range_not_satisfiable', [size], { details: { size } });
  return { body: Readable.from(bytesOf(header, parts, start, end), { objectMode: false }), size, start, end };
}

interface Part {
  readonly path: string;
  readonly format: AudioFormat;
  /** Whole blocks. */
  readonly audioBytes: number;
}

async function partsOf(dir: string, file: string): Promise<Part[]> {
  const call = callOfFileName(file);
  if (call === undefined) return [];
  const names = await readdir(dir).catch(noneIfMissing);
  // Its other files may be here and this one on another replica: then they are not the recording.
  if (!names.includes(file)) return [];
  const parts: Part[] = [];
  let room = Infinity;
  for (const name of names.filter((name) => callOfFileName(name) === call).toSorted()) {
    const part = await partOf(join(dir, name));
    if (part === undefined || parts.length === PARTS_MAX) continue;
    const [first] = parts;
    if (first !== undefined && !sameFormat(first.format, part.format)) continue;
    room = Math.min(room, dataBytesMax(part.format));
    if (part.audioBytes > room) break;
    room -= part.audioBytes;
    parts.push(part);
  }
  return parts;
}

/** Undefined where it has gone, or holds no header of ours yet. */
async function partOf(path: string): Promise<Part | undefined> {
  const handle = await open(path, 'r').catch(undefinedIfMissing);
  if (handle === undefined) return undefined;
  try {
    const beginning = Buffer.alloc(HEADER_BYTES_MAX);
    const { bytesRead } = await handle.read(beginning, 0, beginning.length, 0);
    const format = formatOfHeader(beginning.subarray(0, bytesRead));
    if (format === undefined) return undefined;
    const audio = Math.max(0, (await handle.stat()).size - headerBytes(format));
    return { path, format, audioBytes: audio - (audio % blockBytes(format)) };
  } finally {
    await handle.close();
  }
}

/** Bytes `from` to `to` inclusive of the header and the parts' audio, one after the other. */
async function* bytesOf(header: Buffer, parts: readonly Part[], from: number, to: number): AsyncGenerator<Buffer> {
  if (from < header.length) yield header.subarray(from, to + 1);
  let begins = header.length;
  for (const part of parts) {
    const first = Math.max(from, begins);
    const last = Math.min(to, begins + part.audioBytes - 1);
    if (first <= last) {
      const skip = headerBytes(part.format) - begins;
      yield* bytesOfFile(part.path, first + skip, last + skip);
    }
    begins += part.audioBytes;
  }
}

async function* bytesOfFile(path: string, from: number, to: number): AsyncGenerator<Buffer> {
  const handle = await open(path, 'r');
  try {
    for (let at = from; at <= to;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.min(CHUNK_BYTES, to + 1 - at)), {
        position: at,
      });
      if (bytesRead === 0) throw new Error('a recording became shorter while it was read');
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

function noneIfMissing(error: unknown): string[] {
  if (isMissing(error)) return [];
  throw error;
}

function undefinedIfMissing(error: unknown): undefined {
  if (isMissing(error)) return undefined;
  throw error;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
