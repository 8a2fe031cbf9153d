import type { Database } from '../db/database.ts';
import { mayHaveBeenDialled } from '../db/failover-store.ts';
import { openIdentityStore } from '../db/identity-store.ts';
import type { CallbackDeps } from './callbacks/deps.ts';
import type { Carrier } from './carriers/carrier.ts';
import type { Clock } from './clock.ts';
import type { DatabaseIdentity } from './domain/database-identity.ts';
import type { Log } from './log.ts';
import { openDatabaseMemories } from './scheduler/database-memory.ts';
import { matchRecentCalls } from './scheduler/failover.ts';
import {
  defaultOutboundHoldTimes,
  openOutboundHold,
  type OutboundHold,
  type OutboundHoldTimes,
} from './scheduler/outbound-hold.ts';

export interface DatabaseHoldOptions {
  readonly database: Database;
  readonly callbacks: CallbackDeps;
  readonly carriers: () => readonly Carrier[];
  /** Where this machine remembers what it saw: `DATA_DIR`. */
  readonly folder: string;
  /** How long a lease is given for. */
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly times?: OutboundHoldTimes | undefined;
  /** See `IdentityStoreOptions`. */
  readonly disguise?: (identity: DatabaseIdentity) => DatabaseIdentity;
}

/** The outbound hold on the tables, the carriers and the data folder of this process. Whoever opens it stops it. */
export function openDatabaseHold(options: DatabaseHoldOptions): OutboundHold {
  const { database, callbacks, carriers, folder, leaseMs, clock, log, disguise } = options;
  const times = options.times ?? defaultOutboundHoldTimes;
  return openOutboundHold({
    identities: openIdentityStore({ database, leaseMs, ...(disguise === undefined ? {} : { disguise }) }),
    memories: () => openDatabaseMemories(folder),
    matchCalls: (since, onPage) =>
      matchRecentCalls(
        {
          callbacks,
          carriers,
          due: (afterId, limit) => mayHaveBeenDialled(database, { since, afterId, limit }),
          deadlineMs: times.deadlineMs,
          onPage,
          clock,
          log,
        },
        since,
      ),
    clock,
    log,
    times,
  });
}
