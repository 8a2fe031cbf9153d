import { join } from 'node:path';
import type { AudioFormat } from '../../media/audio-format.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Pieces } from './pieces.ts';
import { Timeline, type Placed } from './timeline.ts';
import { WavFile } from './wav-file.ts';

/** So long the end of a recording waits for the disk. */
export const FINISH_DEADLINE_MS = 10_000;

export interface RecorderOptions {
  readonly dir: string;
  readonly file: string;
  readonly callId: string;
  readonly format: AudioFormat;
  /** Memory for what waits for the disk, shared by all recordings. */
  readonly memory: Pieces;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The recording of one call: the caller left, the agent right, laid out by `Timeline`, written by `WavFile`.
 *
 * Nothing here throws or waits, but for `finish`. Whatever goes wrong is logged once, and `finish` answers false. A part
 * that comes after `finish` is let go.
 */
export class CallRecorder {
  readonly file: string;
  readonly #options: RecorderOptions;
  readonly #onFinished: () => void;
  readonly #timeline: Timeline;
  readonly #wav: WavFile;
  #whole = true;
  #finished: Promise<boolean> | null = null;

  /** `onFinished` runs once, when `finish` has its answer. */
  constructor(options: RecorderOptions, onFinished: () => void) {
    const { dir, file, callId, format, memory, log } = options;
    this.file = file;
    this.#options = options;
    this.#onFinished = onFinished;
    this.#wav = new WavFile(join(dir, file), format, memory, {
      onFault: (error) => log.error({ callId, fault: faultOf(error) }, 'a recording cannot be written'),
      onDropped: () =>
        log.warn({ callId }, 'a part of a recording was dropped: the disk is too slow or the file is full'),
    });
    this.#timeline = new Timeline(format, this.#wav);
  }

  /** Bytes of audio that are held in memory for the disk. */
  get pendingBytes(): number {
    return this.#wav.pendingBytes;
  }

  caller(audio: Uint8Array, atMs: number): number {
    if (this.#finished === null) this.#note(this.#timeline.place('caller', audio, atMs));
    return this.#timeline.endMs('caller');
  }

  agent(audio: Uint8Array, atMs: number): void {
    if (this.#finished === null) this.#note(this.#timeline.place('agent', audio, atMs));
  }

  /** Resolves when it is on the disk: true if it is whole. False at the latest after FINISH_DEADLINE_MS. */
  finish(): Promise<boolean> {
    this.#finished ??= this.#finish();
    return this.#finished;
  }

  async #finish(): Promise<boolean> {
    this.#timeline.finish();
    const { clock, log, callId } = this.#options;
    const late = Promise.withResolvers<false>();
    const timer = clock.setTimer(FINISH_DEADLINE_MS, () => {
      log.error({ callId, waitedMs: FINISH_DEADLINE_MS }, 'the disk did not take the end of a recording in time');
      late.resolve(false);
    });
    try {
      return (await Promise.race([this.#wav.finish(), late.promise])) && this.#whole;
    } finally {
      timer.cancel();
      this.#onFinished();
    }
  }

  #note(placed: Placed): void {
    if (placed === 'placed' || !this.#whole) return;
    this.#whole = false;
    const { log, callId } = this.#options;
    log.warn({ callId }, 'a part of a recording was dropped: its time lies too far ahead');
  }
}

/** The system's name of a fault (`ENOSPC`), never its message, which holds the path. */
export function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
