import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { begunOfFileName, callOfFileName } from './file-name.ts';

/** A file of a recording in a folder. */
export interface RecordedFile {
  readonly file: string;
  readonly callId: string;
  readonly begun: Temporal.Instant;
}

/** Every file of ours in the folder, each part of each call; what is named otherwise is not ours to touch. */
export async function listRecordings(dir: string): Promise<RecordedFile[]> {
  const names = await readdir(dir);
  return names.flatMap((file) => {
    const [callId, begun] = [callOfFileName(file), begunOfFileName(file)];
    return callId === undefined || begun === undefined ? [] : [{ file, callId, begun }];
  });
}

/** Erases one file of ours; false where it is gone already, or is none of ours. */
export async function eraseRecording(dir: string, file: string): Promise<boolean> {
  if (callOfFileName(file) === undefined) return false;
  try {
    await unlink(join(dir, file));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
