import { statementFailure } from '../../db/failure.ts';
import type { ReplicaStore } from '../../db/replica-store.ts';
import type { Log } from '../log.ts';

export interface TakeOverDeps {
  readonly replicas: Pick<ReplicaStore, 'remains' | 'bury'>;
  /** Raises the epoch of a dead replica and makes what it was sending unknown; false where it lives after all. */
  readonly adopt: (replicaId: string) => Promise<boolean>;
  /** Makes an attempt unknown whose request nobody watches. */
  readonly makeUnknown: (attemptId: string) => Promise<unknown>;
  readonly staleSendingMs: number;
  readonly log: Log;
}

/** Of each kind per round; the rest is found by the next one. */
const MOST_AT_ONCE = 100;

/**
 * Takes over from replicas that died, and takes in attempts that slipped through: a claim that was committed just as
 * its replica was taken over, or a result that could not be stored. Their timers need nothing: they are in the table.
 */
export async function takeOver(deps: TakeOverDeps): Promise<void> {
  const { replicas, log } = deps;
  const { lapsed, unwatched } = await replicas.remains(deps.staleSendingMs, MOST_AT_ONCE);
  for (const replicaId of lapsed) {
    if (!(await deps.adopt(replicaId))) continue;
    log.warn({ replicaId }, 'a replica died; its callbacks are taken over');
    await replicas.bury(replicaId);
  }
  for (const attemptId of unwatched) {
    try {
      await deps.makeUnknown(attemptId);
    } catch (error) {
      log.warn({ attemptId, ...statementFailure(error) }, 'an attempt could not be taken over');
    }
  }
}
