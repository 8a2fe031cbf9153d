import { open, type FileHandle } from 'node:fs/promises';
import { silenceByte, type AudioFormat } from '../../media/audio-format.ts';
import type { Pieces } from './pieces.ts';
import { dataBytesMax, headerBytes, wavHeader } from './wav-header.ts';

/** Audio that waits for the disk may take this much memory: a minute of telephone audio, both channels. */
export const PENDING_BYTES_MAX = 1 << 20;

/** The header tells the length anew after so much audio: ten seconds of telephone audio. */
const HEADER_EVERY_BYTES = 160_000;

/** Silence is written from one block. */
const SILENCE_BYTES = 16_384;

type Piece = { readonly audio: Buffer } | { silence: number };

export interface WavFileEvents {
  /** The disk refused: nothing more will be written. At most once. */
  onFault(error: unknown): void;
  /** Audio was given up for silence, because the disk is too slow or the file is full. At most once. */
  onDropped(): void;
}

/**
 * A WAV file that is written behind: what is put is taken at once and reaches the disk in its order.
 *
 * A new file always (`wx`): whoever else has this name keeps it. At every moment the file is a WAV file, whose header
 * tells a length that is there, if not all of it. Where PENDING_BYTES_MAX wait, audio is given up for as much silence, so
 * that what follows keeps its time. Never throws and never rejects; `finish` closes it.
 */
export class WavFile {
  readonly #path: string;
  readonly #format: AudioFormat;
  readonly #memory: Pieces;
  readonly #events: WavFileEvents;
  readonly #pieces: Piece[] = [];
  #pendingBytes = 0;
  #queuedBytes = 0;
  #writtenBytes = 0;
  #headerTellsBytes = 0;
  #working: Promise<void> | null = null;
  #handle: FileHandle | null = null;
  #whole = true;
  #faulty = false;
  #finished: Promise<boolean> | null = null;

  constructor(path: string, format: AudioFormat, memory: Pieces, events: WavFileEvents) {
    this.#path = path;
    this.#format = format;
    this.#memory = memory;
    this.#events = events;
    this.#work();
  }

  /** Bytes of audio that are held in memory for the disk. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Copies `bytes`: whole blocks of both channels. */
  audio(bytes: Uint8Array): void {
    if (this.#faulty) return;
    if (this.#isFull(bytes.length)) return this.#drop();
    this.#queuedBytes += bytes.length;
    if (this.#pendingBytes + bytes.length > PENDING_BYTES_MAX) {
      this.#addSilence(bytes.length);
      this.#drop();
    } else {
      this.#pieces.push({ audio: this.#memory.copyOf(bytes) });
      this.#pendingBytes += bytes.length;
    }
    this.#work();
  }

  silence(byteLength: number): void {
    if (this.#faulty) return;
    if (this.#isFull(byteLength)) return this.#drop();
    this.#queuedBytes += byteLength;
    this.#addSilence(byteLength);
    this.#work();
  }

  /** Writes what waits and the last header, and closes. True when everything that was put is on the disk. */
  finish(): Promise<boolean> {
    this.#finished ??= this.#close();
    return this.#finished;
  }

  #isFull(more: number): boolean {
    return this.#queuedBytes + more > dataBytesMax(this.#format);
  }

  /** Silences that meet become one, so that the queue stays as short as the audio in it. */
  #addSilence(byteLength: number): void {
    const last = this.#pieces.at(-1);
    if (last !== undefined && 'silence' in last) last.silence += byteLength;
    else this.#pieces.push({ silence: byteLength });
  }

  #drop(): void {
    if (this.#whole && !this.#faulty) this.#events.onDropped();
    this.#whole = false;
  }

  #work(): void {
    this.#working ??= this.#writeAll()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#working = null;
        // Something may have been put after the last look.
        if (this.#pieces.length > 0) this.#work();
      });
  }

  async #writeAll(): Promise<void> {
    this.#handle ??= await this.#create();
    for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
      if ('silence' in piece) await this.#writeSilence(this.#handle, piece.silence);
      else {
        await this.#write(this.#handle, piece.audio);
        this.#pendingBytes -= piece.audio.length;
        this.#memory.giveBack(piece.audio);
      }
      if (this.#writtenBytes - this.#headerTellsBytes >= HEADER_EVERY_BYTES) await this.#writeHeader(this.#handle);
    }
  }

  async #create(): Promise<FileHandle> {
    // Readable by our account alone: it is what people said.
    const handle = await open(this.#path, 'wx', 0o600);
    this.#handle = handle;
    await this.#writeHeader(handle);
    return handle;
  }

  async #writeHeader(handle: FileHandle): Promise<void> {
    const bytes = this.#writtenBytes;
    await writeFully(handle, wavHeader(this.#format, bytes), 0);
    this.#headerTellsBytes = bytes;
  }

  async #writeSilence(handle: FileHandle, byteLength: number): Promise<void> {
    const block = Buffer.alloc(Math.min(SILENCE_BYTES, byteLength), silenceByte(this.#format));
    for (let left = byteLength; left > 0; left -= block.length) {
      await this.#write(handle, left < block.length ? block.subarray(0, left) : block);
    }
  }

  async #write(handle: FileHandle, bytes: Buffer): Promise<void> {
    await writeFully(handle, bytes, headerBytes(this.#format) + this.#writtenBytes);
    this.#writtenBytes += bytes.length;
  }

  async #close(): Promise<boolean> {
    while (this.#working !== null) await this.#working;
    if (this.#handle === null) return false;
    try {
      if (!this.#faulty) {
        await this.#writeHeader(this.#handle);
        await this.#handle.datasync();
      }
    } catch (error) {
      this.#fail(error);
    }
    try {
      await this.#handle.close();
    } catch (error) {
      this.#fail(error);
    }
    return this.#whole && !this.#faulty;
  }

  #fail(error: unknown): void {
    this.#pieces.length = 0;
    this.#pendingBytes = 0;
    if (!this.#faulty) this.#events.onFault(error);
    this.#faulty = true;
  }
}

/** A write may take a part only, as on a disk that fills up: the rest then tells why. */
async function writeFully(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new Error('the file system takes no more');
    done += bytesWritten;
  }
}
