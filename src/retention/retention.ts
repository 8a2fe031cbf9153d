import type { Database } from '../../db/database.ts';
import { statementFailure } from '../../db/failure.ts';
import { purgeBatch } from '../../db/retention-store.ts';
import type { Clock } from '../clock.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Service } from '../service.ts';
import { eraseOldFiles } from './erase-old-files.ts';

/** How often and how much is erased. */
export interface RetentionTimes {
  /** After the start, so that a process that is coming up has its hands free. */
  readonly firstMs: number;
  readonly everyMs: number;
  /** Between two batches, so that calls and dials come first. */
  readonly pauseMs: number;
  /** Calls, and callbacks, in one transaction. */
  readonly batch: number;
  /** In one round; what is left waits for the next. */
  readonly batchesMax: number;
  /** However short the retention: the last writes of a call and its summary come after its end. */
  readonly graceMs: number;
}

export const defaultRetentionTimes: RetentionTimes = {
  firstMs: 60_000,
  everyMs: 3_600_000,
  pauseMs: 200,
  batch: 50,
  batchesMax: 500,
  graceMs: 900_000,
};

export interface RetentionOptions {
  readonly database: Database;
  /** RECORDINGS_DIR of this replica. */
  readonly recordingsDir: string;
  /** `RETENTION_DAYS`; 0 erases what nothing needs any more. */
  readonly days: number;
  readonly onLostHint: (error: unknown) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly times?: RetentionTimes;
}

const DAY_MS = 86_400_000;

/**
 * Erases what people said once it is old enough: in the database one replica at a time, on the disk each replica in its
 * own folder. The rows come first, so that after a crash in between the next round finds the files that nobody needs.
 */
export function openRetention(options: RetentionOptions): Service {
  const { clock, log, times = defaultRetentionTimes } = options;
  const stop = new AbortController();
  const { signal } = stop;
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    for (let waitMs = times.firstMs; !signal.aborted; waitMs = times.everyMs) {
      try {
        await clock.sleep(waitMs, signal);
        await purgeOnce(options, signal);
      } catch (error) {
        // While the database or the disk is away nothing can be erased; the next round begins anew.
        if (!signal.aborted) log.warn(statementFailure(error), 'old calls could not be erased');
      }
    }
  }

  return {
    name: 'retention',
    start: () => void (running ??= run()),
    started: () => Promise.resolve(),
    async stop() {
      stop.abort(new RingbackError('stopping'));
      await running;
    },
    [Symbol.asyncDispose]() {
      return this.stop();
    },
  };
}

/** One round: batches until nothing old is left (or the bound is met), then the files. Throws what the database threw. */
async function purgeOnce(options: RetentionOptions, signal: AbortSignal): Promise<void> {
  const { database, onLostHint, clock, log, times = defaultRetentionTimes } = options;
  const olderThanMs = Math.max(options.days * DAY_MS, times.graceMs);
  const erased = { calls: 0, callbacks: 0 };
  for (let batches = 0; batches < times.batchesMax; batches += 1) {
    signal.throwIfAborted();
    const batch = await purgeBatch(database, { olderThanMs, most: times.batch, onLostHint });
    if (batch === undefined) break;
    erased.calls += batch.calls;
    erased.callbacks += batch.callbacks;
    if (Math.max(batch.calls, batch.callbacks, batch.keys) < times.batch) break;
    await clock.sleep(times.pauseMs, signal);
  }
  const files = await eraseOldFiles(options, olderThanMs, signal);
  if (erased.calls + erased.callbacks + files > 0) log.info({ ...erased, files }, 'what was old was erased');
}
