import type { CallbackTransaction } from '../../db/callback-store.ts';
import { decideBooking } from '../domain/booking.ts';
import type { Callback } from '../domain/callback.ts';
import { canDialNow, canMove, describeStatus } from '../domain/callback-states.ts';
import { candidateZones } from '../domain/zones.ts';
import { RingbackError } from '../errors.ts';
import { callsTelephone, outlook } from './book.ts';
import type { CallbackDeps } from './deps.ts';

/** A time this far past is still taken as now. */
export const PAST_IS_NOW_MS = 60_000;

/** What the API gives for a time: up to a minute past is now. Throws `due_in_past`. */
export function aheadOrNow(at: Temporal.Instant, now: Temporal.Instant): Temporal.Instant {
  if (now.epochMilliseconds - at.epochMilliseconds > PAST_IS_NOW_MS)
    throw new RingbackError('due_in_past', [at.toString()]);
  return Temporal.Instant.compare(at, now) < 0 ? now : at;
}

/**
 * Moves a callback to another time; attempts start anew. Throws `callback_not_found`, `not_reschedulable`,
 * `due_in_past`, `beyond_horizon`, `outside_calling_hours`.
 */
export function moveCallback(
  deps: CallbackDeps,
  id: string,
  to: { dueAt: Temporal.Instant; override: boolean },
  by: 'api' | 'operator',
): Promise<Callback> {
  return deps.store.transact(async (tx) => {
    const callback = await tx.lockCallback(id);
    if (callback === undefined) throw new RingbackError('callback_not_found');
    if (!canMove(callback)) throw new RingbackError('not_reschedulable', [describeStatus(callback)]);
    const at = aheadOrNow(to.dueAt, tx.now);
    const { expiresAt, hoursWaived } = await allow(deps, tx, callback, at, to.override);
    const numbers = await tx.numbersOf(callback.agentId);
    const moved = await tx.updateCallback(callback, {
      status: 'scheduled',
      dueAt: at,
      expiresAt,
      nextAttemptAt: at,
      hoursWaivedFor: hoursWaived ? at : null,
      attemptsMade: 0,
      releases: 0,
      ...outlook(deps, numbers, callback.to, callback.from),
    });
    await tx.audit({
      actor: by,
      action: 'callback.moved',
      subjectType: 'callback',
      subjectId: id,
      before: { dueAt: callback.dueAt.toString(), status: callback.status, attemptsMade: callback.attemptsMade },
      after: { dueAt: at.toString(), hoursWaived },
    });
    tx.changed('callback.changed', id);
    return moved;
  });
}

/** Sets the next attempt to now, and nothing else. Throws `callback_not_found`, `not_dialable`, `outside_calling_hours`. */
export function dialNow(
  deps: CallbackDeps,
  id: string,
  options: { override: boolean },
  by: 'api' | 'operator',
): Promise<Callback> {
  return deps.store.transact(async (tx) => {
    const callback = await tx.lockCallback(id);
    if (callback === undefined) throw new RingbackError('callback_not_found');
    if (!canDialNow(callback)) throw new RingbackError('not_dialable', [describeStatus(callback)]);
    const { hoursWaived } = await allow(deps, tx, callback, tx.now, options.override);
    const due = await tx.updateCallback(callback, {
      nextAttemptAt: tx.now,
      ...(hoursWaived ? { hoursWaivedFor: tx.now } : {}),
    });
    await tx.audit({
      actor: by,
      action: 'callback.dial_now',
      subjectType: 'callback',
      subjectId: id,
      after: { hoursWaived },
    });
    tx.changed('callback.changed', id);
    return due;
  });
}

async function allow(
  deps: CallbackDeps,
  tx: CallbackTransaction,
  callback: Callback,
  at: Temporal.Instant,
  override: boolean,
) {
  const agent = await tx.agent(callback.agentId);
  if (agent === undefined) throw new RingbackError('not_found', ['agent']);
  const { callbackPolicy: policy } = agent;
  if (at.epochMilliseconds - tx.now.epochMilliseconds > policy.horizonDays * 86_400_000)
    throw new RingbackError('beyond_horizon', [policy.horizonDays]);
  const decision = decideBooking({
    at,
    now: tx.now,
    zones: callback.timeZoneNamed ? [callback.timeZone] : candidateZones(callback.to),
    timeZone: callback.timeZone,
    policy,
    hoursApply: callsTelephone(deps, await tx.numbersOf(agent.id), callback.to),
    confirmed: false,
    override,
    chainFrom: null,
  });
  if (decision.ok) return decision;
  const suggestion = decision.nextAllowed.toString({ smallestUnit: 'millisecond' });
  throw new RingbackError('outside_calling_hours', [suggestion], {
    details: { suggestion, mayConfirm: decision.mayConfirm },
  });
}
