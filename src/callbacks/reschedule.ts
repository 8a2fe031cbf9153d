import type { CallbackTransaction } from '../../db/callback-store.ts';
import type { Callback } from '../domain/callback.ts';
import { candidateZones } from '../domain/zones.ts';
import { allowTime, type BookingTime } from './book.ts';
import type { CallbackDeps } from './deps.ts';
import type { DeskCall } from './desk-call.ts';
import { lockOwnCallback } from './own-callback.ts';

/** What a caller wishes to become of their promise. */
export interface MoveOrder {
  /** Undefined for the one that they have open. */
  readonly callbackId: string | undefined;
  /** To when, made out at the database's time in the zones that the person may be in; null keeps it as it is planned. */
  readonly when: ((now: Temporal.Instant, zones: readonly string[]) => BookingTime) | null;
  /** The caller's own zone where the carrier knows it. */
  readonly ownZone: string | null;
  readonly confirmed: boolean;
  /** The same key is the same wish, in whichever words. */
  readonly key: string;
}

export type Rescheduled =
  | { readonly ok: true; readonly callback: Callback; readonly now: Temporal.Instant }
  /** There is nothing of theirs that can be moved; a sentence for the LLM. */
  | { readonly ok: false; readonly error: string };

/**
 * Moves a promise of the caller's own, by the rules of a booking in that call; its attempts start anew. A promise that
 * they keep though nobody answered the first dial is one anew for the time of the planned retry: so it outlasts their
 * hang-up, which would end it otherwise. Throws as `bookCallback` does.
 */
export function rescheduleOwn(deps: CallbackDeps, call: DeskCall, order: MoveOrder): Promise<Rescheduled> {
  return deps.store.transact(async (tx) => {
    // The key of a booking too: whoever answers the same words again may choose the other tool for them.
    const earlier = await tx.recall(order.key);
    if (earlier !== undefined) return repeat(tx, earlier.result);
    const own = await lockOwnCallback(tx, call, order.callbackId);
    if (!own.ok) return own;
    const callback =
      order.when === null ? await keep(tx, call, own.callback) : await move(deps, tx, call, order, own.callback);
    await tx.remember(order.key, '', { callbackId: callback.id, moved: true });
    return { ok: true, callback, now: tx.now };
  });
}

async function move(
  deps: CallbackDeps,
  tx: CallbackTransaction,
  call: DeskCall,
  order: MoveOrder,
  before: Callback,
): Promise<Callback> {
  const zones = zonesOf(before, call, order.ownZone);
  const read = order.when?.(tx.now, zones) ?? { at: before.dueAt, zone: before.timeZone, zoneNamed: false };
  // A zone that they named when they booked still stands where they name no other.
  const when = { ...read, zoneNamed: read.zoneNamed || (before.timeZoneNamed && read.zone === before.timeZone) };
  const { terms } = await allowTime(
    deps,
    tx,
    {
      agent: call.agent,
      to: before.to,
      zones,
      originCallId: call.id,
      dialled: call.ourNumber,
      by: 'caller',
      confirmed: order.confirmed,
      override: false,
    },
    when,
  );
  return change(tx, before, { ...terms, originCallId: call.id }, 'callback.moved');
}

async function keep(tx: CallbackTransaction, call: DeskCall, before: Callback): Promise<Callback> {
  const next = before.nextAttemptAt;
  if (before.status === 'scheduled' || next === null) return before;
  const { callbackPolicy: policy } = call.agent;
  return change(
    tx,
    before,
    {
      status: 'scheduled',
      dueAt: next,
      expiresAt: next.add({ milliseconds: Math.round(policy.expiresAfterMinutes * 60_000) }),
      attemptsMade: 0,
      maxAttempts: policy.maxAttempts,
      releases: 0,
    },
    'callback.kept',
  );
}

async function change(
  tx: CallbackTransaction,
  before: Callback,
  patch: Parameters<CallbackTransaction['updateCallback']>[1],
  action: string,
): Promise<Callback> {
  const after = await tx.updateCallback(before, patch);
  await tx.audit({
    actor: 'caller',
    action,
    subjectType: 'callback',
    subjectId: before.id,
    before: { dueAt: before.dueAt.toString(), status: before.status, attemptsMade: before.attemptsMade },
    after: { dueAt: after.dueAt.toString(), hoursWaived: after.hoursWaivedFor !== null },
  });
  tx.changed('callback.changed', before.id);
  return after;
}

function zonesOf(callback: Callback, call: DeskCall, ownZone: string | null): readonly string[] {
  if (callback.timeZoneNamed) return [callback.timeZone];
  return callback.to === call.person && ownZone !== null ? [ownZone] : candidateZones(callback.to);
}

async function repeat(tx: CallbackTransaction, result: unknown): Promise<Rescheduled> {
  const { callbackId } = result as { callbackId: string };
  const callback = await tx.findCallback(callbackId);
  if (callback === undefined) throw new Error('a callback is never deleted');
  return { ok: true, callback, now: tx.now };
}
