import { keepBuiltIns } from '../db/built-ins.ts';
import type { Database } from '../db/database.ts';
import { statementFailure } from '../db/failure.ts';
import { holdOutbound } from '../db/outbound-store.ts';
import type { MonotonicClock } from './clock.ts';
import type { Log } from './log.ts';

export interface BeginningOptions {
  readonly database: Database;
  /** Of the agent that is there from the start. */
  readonly timeZone: string;
  readonly toolSettings: readonly string[];
  /** Whether nobody is to be called before an operator says so. */
  readonly outboundHold: boolean;
  readonly clock: MonotonicClock;
  readonly log: Log;
  /** Aborted when the process stops. */
  readonly signal: AbortSignal;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Sees to what has to be in the database before anything begins. A database that is ready can still be slow, locked or
 * gone at the next statement: it is asked again, ever more slowly, for as long as the process lives, since one that gave
 * up here would run and never be ready. Rejects only with `signal.reason`.
 */
export async function beginWith(options: BeginningOptions): Promise<void> {
  const { database, timeZone, toolSettings, outboundHold, clock, log, signal } = options;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    await database.ready(signal);
    try {
      await keepBuiltIns(database, { timeZone, toolSettings });
      if (outboundHold) await holdOutbound(database, 'started with OUTBOUND_HOLD');
      return;
    } catch (error) {
      signal.throwIfAborted();
      const name = error instanceof Error ? error.name : typeof error;
      log.warn({ error: name, ...statementFailure(error) }, 'the start is tried again');
    }
    await clock.sleep(pauseMs, signal);
  }
}
