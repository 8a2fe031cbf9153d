import type { CallbackTransaction } from '../../db/callback-store.ts';
import { isUniqueViolation } from '../../db/failure.ts';
import type { CallbackPolicy } from '../domain/agent.ts';
import { advance, type AttemptChange, type AttemptEvidence } from '../domain/attempt-states.ts';
import type { CallbackAttempt } from '../domain/attempt.ts';
import type { Callback } from '../domain/callback.ts';
import { nextStatus } from '../domain/callback-states.ts';
import { planAfterAttempt } from '../domain/retry.ts';
import { candidateZones } from '../domain/zones.ts';
import { callOfAttempt } from './call-of-attempt.ts';
import { cancelLocked } from './cancel.ts';
import { ringsTelephone, type CallbackDeps } from './deps.ts';

/** An attempt and its callback as they stand after a piece of evidence. */
export interface Settled {
  readonly attempt: CallbackAttempt;
  readonly callback: Callback;
}

/** What may come along with a piece of evidence. */
export interface EvidenceExtras {
  readonly carrierCallId?: string;
  /** How long the carrier asked us to wait, where it did not take the call. */
  readonly retryAfterMs?: number;
}

/** How often a settlement is tried that meets a promise booked in the same moment. */
const MOST_TRIES = 4;

/**
 * Takes in what is known of an attempt. Attempt, callback, call and the timer of the retry change in one transaction;
 * evidence that is late, doubled or out of order changes nothing. Undefined where nothing changed, or there is no such
 * attempt.
 */
export function settleAttempt(
  deps: CallbackDeps,
  attemptId: string,
  evidence: AttemptEvidence,
  extras: EvidenceExtras = {},
): Promise<Settled | undefined> {
  const settle = async (tx: CallbackTransaction): Promise<Settled | undefined> => {
    const locked = await tx.lockAttempt(attemptId);
    return locked === undefined ? undefined : applyEvidence(deps, tx, locked, evidence, extras);
  };
  // Where much is due at one moment, much is answered at one moment.
  return insist(() => deps.store.together([attemptId], settle));
}

/**
 * A transaction that may plan a retry. Where the person books anew in the same moment, only one of the two promises can
 * be open: tried again, the settlement finds the newer one.
 */
export function transactSettling<T>(deps: CallbackDeps, work: (tx: CallbackTransaction) => Promise<T>): Promise<T> {
  return insist(() => deps.store.transact(work));
}

async function insist<T>(transact: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await transact();
    } catch (error) {
      if (tries === MOST_TRIES || !isUniqueViolation(error, 'callback_one_open')) throw error;
    }
  }
}

/** The same within a transaction that holds the locks. */
export async function applyEvidence(
  deps: CallbackDeps,
  tx: CallbackTransaction,
  locked: Settled,
  evidence: AttemptEvidence,
  extras: EvidenceExtras,
): Promise<Settled | undefined> {
  const { attempt, callback } = locked;
  // What becomes of another call than the attempt's own says nothing of the attempt.
  if (attempt.carrierCallId !== null && attempt.carrierCallId !== (extras.carrierCallId ?? attempt.carrierCallId))
    return undefined;
  const change = changeOf(locked, evidence, tx.now);
  const named =
    attempt.carrierCallId === null && extras.carrierCallId !== undefined ? { carrierCallId: extras.carrierCallId } : {};
  if (change === undefined && Object.keys(named).length === 0) return undefined;

  const next = { ...attempt, ...change, ...named };
  const settled = await tx.updateAttempt(attempt, {
    ...change,
    ...named,
    checkAt: checkTime(deps, next, callback, tx.now),
  });
  const call = callOfAttempt(settled, callback, tx.now);
  if (call !== undefined) {
    await tx.upsertCall(call);
    tx.changed('call.changed', call.id);
  }
  tx.changed('callback.changed', callback.id);
  // An attempt that was given up settles alone: its callback has gone on without it.
  if (settled.status !== 'ended' || callback.currentAttemptId !== attempt.id) return { attempt: settled, callback };
  return { attempt: settled, callback: await conclude(deps, tx, settled, callback, extras) };
}

function changeOf(
  { attempt, callback }: Settled,
  evidence: AttemptEvidence,
  now: Temporal.Instant,
): AttemptChange | undefined {
  const change = advance(attempt, evidence, now);
  // An operator hung it up: whatever was said, it is never dialled again, so there is no word to wait for.
  if (evidence.kind !== 'ended' || change?.status === 'ended' || !callback.hangupRequested) return change;
  const ended = { ...attempt, ...change };
  return { ...change, ...advance(ended, { kind: 'verdict_overdue' }, now) };
}

async function conclude(
  deps: CallbackDeps,
  tx: CallbackTransaction,
  attempt: CallbackAttempt,
  callback: Callback,
  extras: EvidenceExtras,
): Promise<Callback> {
  const { outcome, endedAt } = attempt;
  if (outcome === null || endedAt === null) throw new Error('an ended attempt has an outcome and an end');
  const agent = await tx.agent(callback.agentId);
  if (agent === undefined) throw new Error('the agent of an open callback cannot be deleted');
  const attemptsMade = callback.attemptsMade + (attempt.counted ? 1 : 0);
  if (outcome === 'account_fault')
    await tx.pauseCarrier(attempt.carrier, attempt.detail ?? 'the carrier refused our account');
  const open = await tx.lockOpenCallback(callback.agentId, callback.to);
  const plan = planAfterAttempt({
    outcome,
    detail: attempt.detail,
    endedAt,
    // Those since it was last moved: moving it starts the count anew.
    earlierOutcomes: await tx.countedOutcomes(callback.id, { attemptId: attempt.id, limit: callback.attemptsMade }),
    attemptsMade,
    callback,
    policy: agent.callbackPolicy,
    zones: callback.timeZoneNamed ? [callback.timeZone] : candidateZones(callback.to),
    hoursApply: ringsTelephone(deps, attempt.carrier),
    machineMessageLeft: outcome === 'machine' && leavesMessage(agent.callbackPolicy) && attempt.openingAt !== null,
    newerPromiseExists: open !== undefined && open.id !== callback.id,
    anyPlaced: await tx.anyPlaced(callback.id),
    retryAfterMs: extras.retryAfterMs,
    now: tx.now,
    random: deps.random,
  });
  const status = nextStatus({ status: 'dialing', retryPlanned: false }, plan.event);
  if (status === undefined) throw new Error(`a dialing callback cannot ${plan.event}`);
  const concluded = await tx.updateCallback(callback, {
    // What it was before the claim: waiting for its first dial, or for a retry.
    status: status === 'waiting' ? (callback.attemptsMade === 0 ? 'scheduled' : 'no_answer') : status,
    attemptsMade,
    // As the agent allows by now; never less than were made.
    maxAttempts: Math.max(attemptsMade, agent.callbackPolicy.maxAttempts),
    currentAttemptId: null,
    nextAttemptAt: plan.nextAttemptAt,
    failureCode: plan.failureCode,
    failureReason: plan.failureReason,
    warning: plan.warning,
    cancelledBy: plan.cancelledBy,
    releases: plan.releases,
    // A time that was waived was waived for that dial.
    ...(plan.event === 'release' ? {} : { hoursWaivedFor: null }),
  });
  // They called while they were being dialled: at their hang-up there was nothing to cancel yet.
  if (concluded.status !== 'no_answer' || concluded.nextAttemptAt === null) return concluded;
  const cameBack = await tx.cameBack({ agentId: callback.agentId, person: callback.to }, attempt.startedAt);
  return cameBack ? cancelLocked(tx, concluded, 'caller_returned') : concluded;
}

/** Without words for it nothing is left, and the machine is rung again. */
function leavesMessage({ onMachine, machineMessage }: CallbackPolicy): boolean {
  return onMachine === 'leave_message' && machineMessage.trim() !== '';
}

/** When the reconciler looks at the attempt: null once it has ended, or while its own replica is sending. */
function checkTime(
  deps: CallbackDeps,
  attempt: CallbackAttempt,
  callback: Callback,
  now: Temporal.Instant,
): Temporal.Instant | null {
  const { times } = deps;
  const after = (from: Temporal.Instant, delayMs: number): Temporal.Instant => from.add({ milliseconds: delayMs });
  if (attempt.status === 'ended' || attempt.status === 'sending') return null;
  if (attempt.endedAt !== null) return after(attempt.endedAt, times.verdictMs);
  if (attempt.status === 'unknown')
    return after(now, times.unknownChecksMs[Math.min(attempt.checks, times.unknownChecksMs.length - 1)] ?? 5_000);
  if (attempt.status === 'answered' || callback.currentAttemptId !== attempt.id)
    return after(now, times.answeredPollMs);
  // Policies may ring for up to ten minutes; the exact figure is the dial's, and a look too early harms nobody.
  return after(now, times.ringGraceMs);
}
