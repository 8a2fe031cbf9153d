import { isUniqueViolation } from '../../db/failure.ts';
import { uuidv7 } from '../../db/uuid.ts';
import type { AttemptEvidence } from '../domain/attempt-states.ts';
import type { CallbackAttempt } from '../domain/attempt.ts';
import { nextStatus, stateOf } from '../domain/callback-states.ts';
import type { CallbackDeps } from './deps.ts';
import { applyEvidence, transactSettling, type Settled } from './settle.ts';

/** A call that the carrier knows, and whose attempt the database lost. */
export interface LostCall {
  readonly callbackId: string;
  /** As the carrier repeats it; null where only the call was found, and not its attempt. */
  readonly attemptId: string | null;
  readonly attemptNumber: number;
  readonly carrier: string;
  readonly carrierCallId: string;
  /** The number that it was dialled from, as far as the carrier says. */
  readonly from: string | null;
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

/**
 * Writes down again an attempt that the database lost (a failover to a standby that lagged): the carrier proves that it
 * was requested, so its callback is being dialled and nobody dials it again. Undefined where the call is not wanted any
 * more: the callback is gone, over, or being dialled by another attempt; or where it is known as another callback's call.
 * Told again, it finds the one that it restored.
 */
export async function restoreAttempt(deps: CallbackDeps, lost: LostCall): Promise<Settled | undefined> {
  try {
    return await restore(deps, lost);
  } catch (error) {
    // A person who has just been called for an earlier promise, say: nothing of that call was lost.
    if (isUniqueViolation(error, 'attempt_carrier_call')) return undefined;
    throw error;
  }
}

function restore(deps: CallbackDeps, lost: LostCall): Promise<Settled | undefined> {
  return transactSettling(deps, async (tx) => {
    const callback = await tx.lockCallback(lost.callbackId);
    if (callback === undefined) return undefined;
    const last = await tx.lastAttempt(callback.id);
    if (last?.carrier === lost.carrier && last.carrierCallId === lost.carrierCallId) return { attempt: last, callback };
    if (nextStatus(stateOf(callback), 'claim') !== 'dialing') return undefined;
    const agent = await tx.agent(callback.agentId);
    const attempt = await tx.insertAttempt({
      id: lost.attemptId ?? uuidv7(),
      callbackId: callback.id,
      number: Math.max(lost.attemptNumber, (last?.number ?? 0) + 1),
      status: 'unknown',
      outcome: null,
      counted: false,
      detail: null,
      carrier: lost.carrier,
      from: lost.from ?? callback.from ?? '',
      to: callback.to,
      callId: uuidv7(),
      carrierCallId: null,
      ownerId: NOBODY,
      ownerEpoch: 0,
      machineDetection:
        agent?.callbackPolicy.detectMachines === true && (deps.carrierOf(lost.carrier)?.machineDetection ?? false),
      machineVerdict: null,
      startedAt: tx.now,
      answeredAt: null,
      openingAt: null,
      endedAt: null,
      checkAt: null,
      checks: 0,
    });
    // This person is being dialled for another callback: two calls at once are one too many.
    if (attempt === undefined) return undefined;
    const dialing = await tx.updateCallback(callback, {
      status: 'dialing',
      currentAttemptId: attempt.id,
      nextAttemptAt: null,
      slot: null,
      from: attempt.from,
      warning: null,
    });
    await tx.audit({
      actor: 'gateway',
      action: 'callback.attempt_restored',
      subjectType: 'callback',
      subjectId: callback.id,
      before: { status: callback.status },
      after: { status: 'dialing' },
    });
    const locked = { attempt, callback: dialing };
    const extras = { carrierCallId: lost.carrierCallId };
    return (await applyEvidence(deps, tx, locked, { kind: 'placed' }, extras)) ?? locked;
  });
}

/**
 * What the state of a lost call proves, in order. One that had been answered before we heard of it again was answered by
 * an agent whose words are lost too: they count as heard, so that nobody is rung twice for one conversation.
 */
export function evidenceOfLost(
  attempt: Pick<CallbackAttempt, 'openingAt'>,
  evidence: AttemptEvidence,
): readonly AttemptEvidence[] {
  const hadAnswered = evidence.kind === 'answered' || (evidence.kind === 'ended' && evidence.end === 'hung_up');
  return hadAnswered && attempt.openingAt === null ? [{ kind: 'opening' }, evidence] : [evidence];
}
