import type { CallbackDeps } from './deps.ts';
import { settleAttempt } from './settle.ts';

/** How many attempts are looked for at once. */
const BATCH = 200;

/**
 * Takes over from a replica whose lease ran out. Its epoch is raised first, in a transaction of its own: from then on
 * it can claim nothing. Its attempts whose request may or may not have been sent become unknown, which nobody dials
 * again until the carrier was asked. What it begins under a new epoch, alive again, is its own. False where it lives.
 */
export async function adoptOrphans(deps: CallbackDeps, ownerId: string): Promise<boolean> {
  const epoch = await deps.store.transact((tx) => tx.raiseEpoch(ownerId));
  if (epoch === undefined) return false;
  for (;;) {
    const sending = await deps.store.transact((tx) => tx.sendingOf(ownerId, epoch, BATCH));
    for (const attempt of sending) {
      await settleAttempt(deps, attempt.id, { kind: 'unknown', detail: 'the replica that dialled it died' });
    }
    // Settled ones are sending no more, so that each batch is another.
    if (sending.length < BATCH) return true;
  }
}
