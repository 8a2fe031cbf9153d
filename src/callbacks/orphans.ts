import type { CallbackDeps } from './deps.ts';
import { settleAttempt } from './settle.ts';

/**
 * Takes over from a replica whose lease ran out. Its epoch is raised first, in a transaction of its own: from then on
 * it can claim nothing. Its attempts whose request may or may not have been sent become unknown, which nobody dials
 * again until the carrier was asked. False where it lives after all.
 */
export async function adoptOrphans(deps: CallbackDeps, ownerId: string): Promise<boolean> {
  if (!(await deps.store.transact((tx) => tx.raiseEpoch(ownerId)))) return false;
  const sending = await deps.store.transact((tx) => tx.lockSendingOf(ownerId));
  for (const attempt of sending) {
    await settleAttempt(deps, attempt.id, { kind: 'unknown', detail: 'the replica that dialled it died' });
  }
  return true;
}
