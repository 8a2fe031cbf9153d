import type { Database } from '../../db/database.ts';
import { purgedAmong } from '../../db/retention-store.ts';
import type { Clock } from '../clock.ts';
import { eraseRecording, listRecordings, type RecordedFile } from '../recordings/erase-recordings.ts';

/** Files that are asked for in one statement. */
const MOST_ASKED = 500;
/** A file that no call knows is given this long at least: the folder may be older, or newer, than the database. */
const UNKNOWN_LIVES_MS = 86_400_000;

/**
 * Erases the recordings in this replica's folder whose call was purged, all parts of each, and those that no call knows
 * once they are that old by their name. Returns how many files went. Throws what the database or the disk threw.
 */
export async function eraseOldFiles(
  options: { database: Pick<Database, 'orm'>; recordingsDir: string; clock: Clock },
  olderThanMs: number,
  signal: AbortSignal,
): Promise<number> {
  const { database, recordingsDir, clock } = options;
  const files = await listRecordings(recordingsDir);
  const unknownBefore = clock.instant().subtract({ milliseconds: Math.max(olderThanMs, UNKNOWN_LIVES_MS) });
  let erased = 0;
  for (let from = 0; from < files.length; from += MOST_ASKED) {
    signal.throwIfAborted();
    const some = files.slice(from, from + MOST_ASKED);
    const known = await purgedAmong(
      database,
      some.map(({ callId }) => callId),
    );
    const isOld = ({ callId, begun }: RecordedFile): boolean =>
      known.get(callId)?.purged ?? Temporal.Instant.compare(begun, unknownBefore) < 0;
    for (const { file } of some.filter(isOld)) if (await eraseRecording(recordingsDir, file)) erased += 1;
  }
  return erased;
}
