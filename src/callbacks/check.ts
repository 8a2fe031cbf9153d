import type { CallbackAttempt } from '../domain/attempt.ts';
import type { Callback } from '../domain/callback.ts';
import type { CallbackDeps } from './deps.ts';
import { applyEvidence, transactSettling, type Settled } from './settle.ts';

/** An attempt that is to be looked at now. */
export interface ClaimedCheck {
  readonly attempt: CallbackAttempt;
  readonly callback: Callback;
  /** How long its telephone may ring. */
  readonly ringTimeoutMs: number;
}

const LONGEST_RING_MS = 600_000;

/**
 * Takes the look at an attempt that is due for one; undefined where another replica has taken it, or nothing is to be
 * looked at. Every replica knows of the same check: without this each of them would count its own look-up, and an
 * attempt would be given up after one answer instead of after three. `holdMs` is when the next one may look if this
 * one dies over it.
 */
export function claimCheck(
  deps: CallbackDeps,
  attemptId: string,
  options: { holdMs: number; slackMs: number },
): Promise<ClaimedCheck | undefined> {
  return deps.store.transact(async (tx) => {
    const locked = await tx.lockAttempt(attemptId);
    const checkAt = locked?.attempt.checkAt ?? null;
    if (locked === undefined || checkAt === null || locked.attempt.status === 'ended') return undefined;
    if (checkAt.epochMilliseconds - tx.now.epochMilliseconds > options.slackMs) return undefined;
    const attempt = await tx.updateAttempt(locked.attempt, { checkAt: tx.now.add({ milliseconds: options.holdMs }) });
    const agent = await tx.agent(locked.callback.agentId);
    const ringTimeoutSeconds = agent?.callbackPolicy.ringTimeoutSeconds;
    return {
      attempt,
      callback: locked.callback,
      ringTimeoutMs: ringTimeoutSeconds === undefined ? LONGEST_RING_MS : ringTimeoutSeconds * 1_000,
    };
  });
}

/**
 * Notes that the carrier answered a look-up and knew of no such call. The last of the planned look-ups settles the
 * attempt as lost; before it, the next one is planned.
 */
export function noteNotFound(deps: CallbackDeps, attemptId: string): Promise<Settled | undefined> {
  return transactSettling(deps, async (tx) => {
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
