import type { CallRecords } from '../../db/call-store.ts';
import type { Clock } from '../clock.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Service } from '../service.ts';

/** When a call counts as abandoned, in milliseconds. */
export interface AbandonedTimes {
  readonly everyMs: number;
  /** Without a stream for this long: longer than a stream token lives, so nobody can come any more. */
  readonly streamlessMs: number;
  /** The lease of the replica that held it ran out so long ago. */
  readonly leaselessMs: number;
}

export const defaultAbandonedTimes: AbandonedTimes = { everyMs: 10_000, streamlessMs: 90_000, leaselessMs: 60_000 };

/** How far back it is looked for what calls left open: at first, and then each time. */
const FIRST_LOOK_MS = 86_400_000;
const LATER_LOOKS_MS = 900_000;

/**
 * Ends the records of calls that nobody holds any more: the replica died and no stream came back, or no stream ever
 * came. Otherwise the person would count as being on a call with us for ever, and would not be called back. What such
 * calls, and those that the carrier ended meanwhile, left open is closed, turns and recordings, and their end is told.
 */
export function openAbandonedCalls(options: {
  records: CallRecords;
  /** Nobody else can say any more that this call is over. */
  onEnded: (callId: string) => void;
  clock: Clock;
  log: Log;
  times?: AbandonedTimes;
}): Service {
  const { records, onEnded, clock, log, times = defaultAbandonedTimes } = options;
  const stop = new AbortController();
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    let withinMs = FIRST_LOOK_MS;
    while (!stop.signal.aborted) {
      try {
        await clock.sleep(times.everyMs, stop.signal);
        const ended = await records.endAbandoned(times);
        if (ended.length > 0) log.info({ callIds: ended }, 'calls that nobody holds any more were ended');
        for (const callId of ended) onEnded(callId);
        const { leaselessMs } = times;
        const left = await records.closeLeft({ leaselessMs, withinMs: withinMs + leaselessMs });
        for (const { id, isTold } of left) if (!isTold) onEnded(id);
        if (left.length === 0) withinMs = LATER_LOOKS_MS;
      } catch (error) {
        // While the database is away there is nothing to be ended; the next round looks again.
        if (!stop.signal.aborted)
          log.debug(
            { error: error instanceof Error ? error.name : typeof error },
            'abandoned calls could not be looked for',
          );
      }
    }
  }

  return {
    name: 'abandoned calls',
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
