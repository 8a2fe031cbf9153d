import type { CallbackAttempt } from '../domain/attempt.ts';
import { RingbackError } from '../errors.ts';
import type { CallbackDeps } from './deps.ts';

/**
 * Notes an operator's wish to end a dial. The caller hangs up at the carrier where the call is known; while it is not,
 * the wish is kept, and the answer gate follows it. Throws `callback_not_found`, `call_ended`.
 */
export function wishHangup(deps: Pick<CallbackDeps, 'store'>, attemptId: string): Promise<CallbackAttempt> {
  return deps.store.transact(async (tx) => {
    const locked = await tx.lockAttempt(attemptId);
    if (locked === undefined) throw new RingbackError('callback_not_found');
    const { attempt, callback } = locked;
    const over = attempt.status === 'ended' || attempt.endedAt !== null;
    if (over || callback.currentAttemptId !== attempt.id) throw new RingbackError('call_ended');
    await tx.updateCallback(callback, { hangupRequested: true });
    await tx.audit({ actor: 'operator', action: 'callback.hangup', subjectType: 'callback', subjectId: callback.id });
    return attempt;
  });
}
