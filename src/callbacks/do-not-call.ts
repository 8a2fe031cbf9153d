import { uuidv7 } from '../../db/uuid.ts';
import type { CancelledBy } from '../domain/callback.ts';
import { normaliseNumber } from '../domain/numbers.ts';
import { RingbackError } from '../errors.ts';
import { cancelLocked } from './cancel.ts';
import type { CallbackDeps } from './deps.ts';

/**
 * Puts a number on the do-not-call list and cancels what is open for it; returns how many promises that ended. What is
 * being dialled meanwhile is cancelled by the next last look. Throws `invalid_request` for what is no number.
 */
export async function addDoNotCall(
  deps: Pick<CallbackDeps, 'store'>,
  entry: { number: string; reason: string },
  actor: CancelledBy,
): Promise<number> {
  const number = normaliseNumber(entry.number);
  if (number === undefined) throw new RingbackError('invalid_request', ['number: not a full international number']);
  return deps.store.transact(async (tx) => {
    await tx.addDoNotCall({ id: uuidv7(), number, reason: entry.reason });
    const open = await tx.lockOpenCallbacksTo(number);
    for (const callback of open) {
      await cancelLocked(tx, callback, 'do_not_call');
    }
    await tx.audit({
      actor,
      action: 'do_not_call.added',
      subjectType: 'number',
      subjectId: number,
      after: { cancelled: open.length },
    });
    return open.length;
  });
}
