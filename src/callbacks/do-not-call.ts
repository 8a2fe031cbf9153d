import { uuidv7 } from '../../db/uuid.ts';
import type { CancelledBy } from '../domain/callback.ts';
import type { CallbackDeps } from './deps.ts';

/** Puts a number on the do-not-call list and cancels what is open for it; returns how many promises that ended. */
export function addDoNotCall(
  deps: Pick<CallbackDeps, 'store'>,
  entry: { number: string; reason: string },
  actor: CancelledBy,
): Promise<number> {
  return deps.store.transact(async (tx) => {
    await tx.addDoNotCall({ id: uuidv7(), ...entry });
    const open = await tx.lockOpenCallbacksTo(entry.number);
    for (const callback of open) {
      await tx.updateCallback(callback, {
        status: 'cancelled',
        cancelledBy: 'do_not_call',
        nextAttemptAt: null,
        warning: null,
      });
      tx.changed('callback.changed', callback.id);
    }
    await tx.audit({
      actor,
      action: 'do_not_call.added',
      subjectType: 'number',
      subjectId: entry.number,
      after: { cancelled: open.length },
    });
    return open.length;
  });
}
