import type { CallbackAttempt } from '../domain/attempt.ts';
import type { CallbackDeps } from './deps.ts';
import { applyEvidence, type Settled } from './settle.ts';

/**
 * Notes that the carrier answered a look-up and knew of no such call. The last of the planned look-ups settles the
 * attempt as lost; before it, the next one is planned.
 */
export function noteNotFound(deps: CallbackDeps, attemptId: string): Promise<Settled | undefined> {
  return deps.store.transact(async (tx) => {
    const locked = await tx.lockAttempt(attemptId);
    if (locked === undefined || locked.attempt.status !== 'unknown') return undefined;
    const checks = locked.attempt.checks + 1;
    const { unknownChecksMs } = deps.times;
    if (checks >= unknownChecksMs.length) return applyEvidence(deps, tx, locked, { kind: 'lost' }, {});
    const sinceMs = unknownChecksMs[checks - 1] ?? 0;
    const untilMs = unknownChecksMs[checks] ?? 0;
    const attempt = await tx.updateAttempt(locked.attempt, {
      checks,
      checkAt: tx.now.add({ milliseconds: Math.max(1, untilMs - sinceMs) }),
    });
    return { attempt, callback: locked.callback };
  });
}

/** Plans the next look at an attempt that is as it was (or whose carrier did not answer). */
export function postponeCheck(
  deps: CallbackDeps,
  attempt: Pick<CallbackAttempt, 'id'>,
  delayMs: number,
): Promise<void> {
  return deps.store.transact(async (tx) => {
    const locked = await tx.lockAttempt(attempt.id);
    if (locked === undefined || locked.attempt.status === 'ended') return;
    await tx.updateAttempt(locked.attempt, { checkAt: tx.now.add({ milliseconds: delayMs }) });
  });
}
