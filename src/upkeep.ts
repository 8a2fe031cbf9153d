import type { CallRecords } from '../db/call-store.ts';
import type { Database } from '../db/database.ts';
import { pausedCarriers, resumeCarrier } from '../db/outbound-store.ts';
import { openSetAsideStore } from '../db/set-aside-store.ts';
import { openStuckStore } from '../db/stuck-store.ts';
import type { CallbackDeps } from './callbacks/deps.ts';
import { settleAttempt } from './callbacks/settle.ts';
import type { Carrier } from './carriers/carrier.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { openAbandonedCalls, type AbandonedTimes } from './conversations/abandoned.ts';
import type { Log } from './log.ts';
import { openRetention, type RetentionTimes } from './retention/retention.ts';
import { openAccountWatch, type AccountWatchTimes } from './scheduler/account-watch.ts';
import { openStuckWatch, type StuckTimes } from './scheduler/stuck.ts';

/** The internal times of what looks after the rest, so that a test can shorten them. */
export interface UpkeepTimes {
  readonly abandoned?: AbandonedTimes;
  readonly accountWatch?: AccountWatchTimes;
  readonly retention?: RetentionTimes;
  readonly stuck?: StuckTimes;
}

export interface UpkeepOptions {
  readonly database: Database;
  readonly records: CallRecords;
  readonly callbacks: CallbackDeps;
  readonly carrierOf: (name: string) => Carrier | undefined;
  readonly config: Pick<Config, 'recordingsDir' | 'retentionDays'>;
  /** A call that nobody held any more was ended. */
  readonly onEnded: (callId: string) => void;
  readonly onLostHint: (error: unknown) => void;
  readonly times: UpkeepTimes;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What looks after the rest from time to time: calls that nobody holds, callbacks that are stuck, carriers that are
 * paused, words that are old.
 */
export function openUpkeep(options: UpkeepOptions): AsyncDisposable & { start(): void } {
  const { database, records, carrierOf, onEnded, onLostHint, times, clock, log } = options;
  const opened = new AsyncDisposableStack();
  const abandoned = openAbandonedCalls({ records, onEnded, clock, log, ...given(times.abandoned) });
  const accountWatch = openAccountWatch({
    paused: () => pausedCarriers(database),
    resume: (carrier) => resumeCarrier(database, carrier, 'gateway'),
    carrierOf,
    clock,
    log,
    ...given(times.accountWatch),
  });
  const retention = openRetention({
    database,
    recordingsDir: options.config.recordingsDir,
    days: options.config.retentionDays,
    onLostHint,
    clock,
    log,
    ...given(times.retention),
  });
  const stuckWatch = openStuckWatch({
    stuck: openStuckStore({ database, onLostHint }),
    setAside: openSetAsideStore({ database, onLostHint }),
    settle: (id, evidence, extras) => settleAttempt(options.callbacks, id, evidence, extras),
    carrierOf,
    clock,
    log,
    ...given(times.stuck),
  });
  const services = [abandoned, accountWatch, stuckWatch, retention];
  for (const service of services) opened.use(service);
  return {
    start() {
      for (const service of services) service.start();
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function given<Times>(times: Times | undefined): { times?: Times } {
  return times === undefined ? {} : { times };
}
