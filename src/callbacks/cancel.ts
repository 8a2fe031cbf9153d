import type { CallbackTransaction } from '../../db/callback-store.ts';
import type { Callback, CancelledBy } from '../domain/callback.ts';
import { canCancel, describeStatus } from '../domain/callback-states.ts';
import { RingbackError } from '../errors.ts';
import type { CallbackDeps } from './deps.ts';

/**
 * Cancels a callback that waits for its time or its retry; one that was accepted is never dialled, however close the
 * timer is: the claim takes the same lock. Throws `callback_not_found`, `not_cancellable`.
 */
export function cancelCallback(deps: Pick<CallbackDeps, 'store'>, id: string, by: CancelledBy): Promise<Callback> {
  return deps.store.transact(async (tx) => {
    const callback = await tx.lockCallback(id);
    if (callback === undefined) throw new RingbackError('callback_not_found');
    return cancelLocked(tx, callback, by);
  });
}

/** The same within a transaction that holds the lock. Throws `not_cancellable`. */
export async function cancelLocked(tx: CallbackTransaction, callback: Callback, by: CancelledBy): Promise<Callback> {
  if (!canCancel(callback)) throw new RingbackError('not_cancellable', [describeStatus(callback)]);
  const cancelled = await tx.updateCallback(callback, {
    status: 'cancelled',
    cancelledBy: by,
    nextAttemptAt: null,
    warning: null,
  });
  await tx.audit({
    actor: by,
    action: 'callback.cancelled',
    subjectType: 'callback',
    subjectId: callback.id,
    before: { status: callback.status },
  });
  tx.changed('callback.changed', callback.id);
  return cancelled;
}
