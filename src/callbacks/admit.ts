import type { CallbackAttempt } from '../domain/attempt.ts';
import type { Callback } from '../domain/callback.ts';
import { applyEvidence } from './settle.ts';
import type { CallbackDeps } from './deps.ts';

export type Admission =
  | { readonly ok: true; readonly attempt: CallbackAttempt; readonly callback: Callback }
  /** Hang up before a word is said. */
  | { readonly ok: false };

/**
 * The answer gate: a call that answers goes on only for the attempt that its callback is dialling now. Whatever
 * answers for an attempt that was given up, or that somebody wished to hang up, is hung up. Asking again for the same
 * answer gives the same admission.
 */
export function admitAnswer(
  deps: CallbackDeps,
  answer: { attemptId: string; carrierCallId: string },
): Promise<Admission> {
  return deps.store.transact(async (tx) => {
    const locked = await tx.lockAttempt(answer.attemptId);
    if (locked === undefined) return { ok: false };
    const { attempt, callback } = locked;
    const current = callback.currentAttemptId === attempt.id && attempt.status !== 'ended' && attempt.endedAt === null;
    const sameCall = attempt.carrierCallId === null || attempt.carrierCallId === answer.carrierCallId;
    if (!current || !sameCall || callback.hangupRequested) return { ok: false };
    const settled = await applyEvidence(
      deps,
      tx,
      locked,
      { kind: 'answered' },
      { carrierCallId: answer.carrierCallId },
    );
    return { ok: true, ...(settled ?? locked) };
  });
}
