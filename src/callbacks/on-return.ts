import type { CallbackTransaction } from '../../db/callback-store.ts';
import type { Callback } from '../domain/callback.ts';
import { cancelLocked } from './cancel.ts';
import type { CallbackDeps } from './deps.ts';

/**
 * The caller rang first: a promise that is No answer, with a retry planned, is cancelled once they hung up on a call of
 * their own in which they said something. One that they kept or moved meanwhile is Scheduled, and stays. Safe to be
 * told any number of times, by any replica, at any time after the call was ended. True where it cancelled one.
 */
export function settleReturn(deps: Pick<CallbackDeps, 'store'>, callId: string): Promise<boolean> {
  return deps.store.transact(async (tx) => {
    const call = await tx.findCall(callId);
    if (call === undefined || call.direction !== 'inbound' || call.from === null || call.endedAt === null) return false;
    const callback = await tx.lockOpenCallback(call.agentId, call.from);
    if (callback === undefined || !(await hasCallerReturned(tx, callback))) return false;
    await cancelLocked(tx, callback, 'caller_returned');
    return true;
  });
}

/**
 * Whether a call of theirs ended since our last dial, which nobody answered, was begun: while it was asked for or rang they
 * may have called us and be gone again. The settlement of that dial asks it, and so does the last look, so that nobody who
 * called is rung for it, even where the process that should have cancelled it died at their hang-up.
 */
export async function hasCallerReturned(tx: CallbackTransaction, callback: Callback): Promise<boolean> {
  if (callback.status !== 'no_answer') return false;
  const last = await tx.lastAttempt(callback.id);
  return last !== undefined && tx.cameBack({ agentId: callback.agentId, person: callback.to }, last.startedAt);
}
