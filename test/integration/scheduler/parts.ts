import { openDatabase, type Database } from '../../../db/database.ts';
import { openCallbackStore } from '../../../db/postgres-callback-store.ts';
import { defaultDatabaseTimes } from '../../../db/times.ts';
import type { CallbackDeps, CallbackTimes } from '../../../src/callbacks/deps.ts';
import { systemClock } from '../../../src/clock.ts';
import { defaultSchedulerTimes, type SchedulerTimes } from '../../../src/scheduler/times.ts';
import { HttpCarrier } from '../../fakes/http-carrier.ts';
import { quietLog } from '../../support/quiet-log.ts';

/* What a replica of a test is made of, in this process or in one of its own. */

/** The scheduler's times, short enough for a test and long enough for a busy machine. */
export const shortTimes: SchedulerTimes = {
  ...defaultSchedulerTimes,
  heartbeatEveryMs: 200,
  leaseMs: 1_500,
  lookEveryMs: 200,
  overdueAfterMs: 100,
  lookUpTimeoutMs: 1_000,
  silentFromMs: 200,
  silentToMs: 1_000,
  failedFromMs: 200,
  stopWithinMs: 5_000,
};

export const shortCallbackTimes: CallbackTimes = {
  ringGraceMs: 400,
  answeredPollMs: 400,
  unknownChecksMs: [200, 500, 900],
  verdictMs: 200,
};

/** Connections to a database that is migrated already. Whoever opens them disposes them. */
export function openTestDatabase(url: string): Database {
  return openDatabase({
    url,
    clock: systemClock,
    log: quietLog(),
    times: { ...defaultDatabaseTimes, retryFromMs: 20, retryToMs: 100 },
    migrationsFolder: null,
  });
}

/** The use-cases of callbacks, with the carrier that tests dial through. */
export function callbackDeps(database: Database, carrierUrl: string): CallbackDeps {
  const carrier = new HttpCarrier(carrierUrl);
  return {
    store: openCallbackStore({ database, announceWithinMs: 60_000, onLostHint: () => undefined }),
    random: Math.random,
    carrierOf: (name) =>
      name === carrier.name ? { reaches: () => true, ringsTelephone: false, machineDetection: false } : undefined,
    allowlist: null,
    times: shortCallbackTimes,
  };
}
