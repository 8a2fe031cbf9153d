import { randomUUID } from 'node:crypto';
import type { IdentityStore } from '../../db/identity-store.ts';
import { statementFailure } from '../../db/failure.ts';
import type { ReplicaStore } from '../../db/replica-store.ts';
import type { Clock } from '../clock.ts';
import { FAILOVER_REASON, judgeIdentity } from '../domain/database-identity.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Service } from '../service.ts';
import type { DatabaseMemories } from './database-memory.ts';

/** In milliseconds. */
export interface OutboundHoldTimes {
  /**
   * How often the database's epoch is raised and remembered. What was lost in less than twice this time is not
   * recognised by it; a standby may lag by this much before its promotion counts as a restore.
   */
  readonly epochEveryMs: number;
  /** How often it is looked whether a failover waits to be matched. */
  readonly lookEveryMs: number;
  /** After a failover, before the carriers are asked: their lists may lag, and requests may still be on their way. */
  readonly settleMs: number;
  /** How much earlier than the last sign of life calls are asked for: two clocks are never quite the same. */
  readonly marginMs: number;
  /** For how long one replica has the matching to itself, counted anew after each page. */
  readonly workMs: number;
  readonly deadlineMs: number;
}

export const defaultOutboundHoldTimes: OutboundHoldTimes = {
  epochEveryMs: 60_000,
  lookEveryMs: 15_000,
  settleMs: 10_000,
  marginMs: 30_000,
  workMs: 60_000,
  deadlineMs: 5_000,
};

export interface OutboundHoldOptions {
  readonly identities: IdentityStore;
  readonly memories: () => Promise<DatabaseMemories>;
  /** See `matchRecentCalls`. */
  readonly matchCalls: (since: Temporal.Instant, onPage: () => Promise<void>) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly times?: OutboundHoldTimes;
}

/** Holds outbound on a database that is not what it was. Whoever opens it stops it. */
export interface OutboundHold extends Service {
  /** The replicas' store, through which no lease begins on a database that nobody has looked at. */
  guarding(replicas: ReplicaStore): ReplicaStore;
  /** What this role can't tell of the database; empty before the first look. */
  readonly cannotRecognise: ('copy_in_another_cluster' | 'failover')[];
}

/**
 * Finds out that the database was restored, copied or failed over, and holds outbound before anything is claimed on it.
 * It is looked at whenever a lease begins; a lease ends, and no claim succeeds, as soon as the database is met on another
 * server process than the one that was looked at. So a heartbeat costs no statement more. After a restore an operator
 * releases; after a failover this service matches the carriers' calls, and then lets go by itself.
 */
export function openOutboundHold(options: OutboundHoldOptions): OutboundHold {
  const { identities, clock, log, times = defaultOutboundHoldTimes } = options;
  const stop = new AbortController();
  let memories: Promise<DatabaseMemories> | null = null;
  let running: Promise<void> | null = null;
  let nudge = Promise.withResolvers<void>();
  let told = '';
  let cannotRemember = false;

  async function look(): Promise<void> {
    const { all } = await (memories ??= options.memories());
    const { hold, record, identity } = await identities.look(({ record: before, identity: found, lastSignMs }) =>
      judgeIdentity({
        record: before,
        identity: found,
        remembered: all,
        sureUntilMs: lastSignMs - times.marginMs,
        newInstallation: randomUUID(),
      }),
    );
    if (hold !== null && hold !== told)
      log.error({ epoch: record.epoch, timeline: identity.timeline, why: hold }, HELD);
    told = hold ?? '';
    nudge.resolve();
  }

  async function remember(): Promise<void> {
    const record = await identities.tick(times.epochEveryMs);
    if (record === undefined || record.strange !== undefined || record.known === null) return;
    const { installation, known } = record;
    try {
      // The one before: it was committed at least a whole period ago, and a standby that is in use has it by now.
      await (
        await (memories ??= options.memories())
      ).remember({ installation, epoch: record.epoch - 1, ...placeOf(known) });
      cannotRemember = false;
    } catch (error) {
      if (!cannotRemember) log.warn({ error: nameOf(error) }, 'DATA_DIR cannot be written: a restore may go unseen');
      cannotRemember = true;
    }
  }

  /** One replica does it; if that one dies, another takes it over. */
  async function match(): Promise<void> {
    const failover = await identities.beginMatching(times.workMs);
    if (failover === undefined) return;
    log.warn({}, 'the database failed over: outbound waits until the calls of that time are matched');
    await clock.sleep(times.settleMs, stop.signal);
    try {
      await options.matchCalls(Temporal.Instant.fromEpochMilliseconds(Math.floor(failover.sureUntilMs)), () =>
        identities.extendMatching(times.workMs),
      );
    } catch (error) {
      // Anybody may try again at once.
      await identities.extendMatching(0);
      throw error;
    }
    await identities.endMatching(FAILOVER_REASON);
    log.warn({}, 'outbound goes on after the failover');
  }

  async function run(): Promise<void> {
    let rememberAtMs = 0;
    while (!stop.signal.aborted) {
      try {
        if (clock.nowMs() >= rememberAtMs) {
          await remember();
          rememberAtMs = clock.nowMs() + times.epochEveryMs;
        }
        await match();
      } catch (error) {
        // Held as it is, nobody is dialled; another round tries again.
        if (!stop.signal.aborted) log.warn({ error: nameOf(error), ...statementFailure(error) }, 'not matched yet');
      }
      await pause();
    }
  }

  async function pause(): Promise<void> {
    const over = new AbortController();
    const slept = clock.sleep(times.lookEveryMs, AbortSignal.any([over.signal, stop.signal])).catch(() => undefined);
    await Promise.race([slept, nudge.promise]);
    over.abort();
    nudge = Promise.withResolvers();
  }

  return {
    name: 'outbound hold',
    guarding: (replicas) => ({
      ...replicas,
      async enter(replica) {
        await look();
        return replicas.enter(replica);
      },
    }),
    get cannotRecognise() {
      const { cluster, timeline } = identities.reach ?? { cluster: true, timeline: true };
      return [...(cluster ? [] : ['copy_in_another_cluster' as const]), ...(timeline ? [] : ['failover' as const])];
    },
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

const HELD = 'all outbound is held';

function placeOf({ systemIdentifier, databaseOid }: { systemIdentifier: string | null; databaseOid: string }) {
  return { systemIdentifier, databaseOid };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
