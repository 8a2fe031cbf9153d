import { accessSync, constants, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AudioFormat } from '../../media/audio-format.ts';
import type { Clock } from '../clock.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import { newFileName } from './file-name.ts';
import { Pieces } from './pieces.ts';
import { CallRecorder, faultOf } from './recorder.ts';

export interface RecordingsOptions {
  /** RECORDINGS_DIR; made if it is not there. Replicas may share it. */
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Where this process records. Closing it finishes what is still being recorded. */
export interface RecordingFolder extends AsyncDisposable {
  /**
   * Begins a recording, in a file of its own: a call that is opened again, here or on another replica, goes on in a
   * further file, and `readRecording` gives all of a call's files as one. Whoever began it finishes it. Never throws.
   */
  record(callId: string, format: AudioFormat): CallRecorder;
  /** Recordings that are not finished. */
  readonly running: number;
}

/** Throws `recordings_dir_unusable` where nothing can be written: better at the start than after the first call. */
export function openRecordings(options: RecordingsOptions): RecordingFolder {
  prove(options.dir);
  const running = new Set<CallRecorder>();
  const memory = new Pieces();
  return {
    get running() {
      return running.size;
    },
    record(callId, format) {
      const file = newFileName(callId, options.clock.instant());
      const recorder = new CallRecorder({ ...options, file, callId, format, memory }, () => running.delete(recorder));
      running.add(recorder);
      return recorder;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(Array.from(running, (recorder) => recorder.finish()));
    },
  };
}

/** Rights alone prove nothing: a full or read-only disk shows when something is written. */
function prove(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
    const probe = join(dir, `.probe-${process.pid}`);
    writeFileSync(probe, 'a recording could be written here');
    rmSync(probe);
  } catch (error) {
    throw new RingbackError('recordings_dir_unusable', [dir, faultOf(error)], { cause: error });
  }
}
