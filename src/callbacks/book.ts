import { createHash } from 'node:crypto';
import type { BookingScene, CallbackPatch, CallbackTransaction, NewCallback } from '../../db/callback-store.ts';
import { isUniqueViolation } from '../../db/failure.ts';
import { uuidv7 } from '../../db/uuid.ts';
import type { AgentSettings, CallbackPolicy } from '../domain/agent.ts';
import { decideBooking } from '../domain/booking.ts';
import type { Callback } from '../domain/callback.ts';
import { allowedCountries, chooseFrom, mayDial, normaliseNumber, type OwnNumber } from '../domain/numbers.ts';
import { candidateZones } from '../domain/zones.ts';
import { RingbackError } from '../errors.ts';
import { chainStart } from './chain.ts';
import { reaches, ringsTelephone, type CallbackDeps } from './deps.ts';

/** A time ahead that has been made out, and how. */
export interface BookingTime {
  readonly at: Temporal.Instant;
  readonly zone: string;
  readonly zoneNamed: boolean;
}

export interface BookingOrder {
  readonly agent: AgentSettings;
  readonly to: string;
  readonly toName: string | null;
  readonly reason: string;
  /** Made out at the database's time; may throw a named error. */
  readonly when: (now: Temporal.Instant) => BookingTime;
  /** Zones that the callee may be in, where the carrier knows better than the number. */
  readonly zones?: readonly string[];
  /** The call in which it was asked for. */
  readonly originCallId: string | null;
  /** The number that was dialled in that call. */
  readonly dialled: string | null;
  /** Who asks. A caller moves the open promise that they have; the others are refused. */
  readonly by: 'caller' | 'api' | 'operator';
  readonly confirmed: boolean;
  readonly override: boolean;
  /** The same key with the same body is the same booking. */
  readonly key: string | null;
  readonly body: unknown;
}

export interface Booked {
  readonly callback: Callback;
  /** An open promise was moved instead of a new one made. */
  readonly moved: boolean;
  /** The database's time at which it was decided. */
  readonly now: Temporal.Instant;
}

/** Two who book the same person at once: the second finds the first one's promise. */
const MOST_TRIES = 4;
const MOST_REASON = 500;
const MOST_NAME = 100;

/**
 * Books a callback; one open promise per person and agent. Throws `due_in_past`, `beyond_horizon`,
 * `outside_calling_hours` (details: `suggestion`, `mayConfirm`), `open_callback_exists` (details: `callbackId`),
 * `number_not_allowed`, `on_do_not_call`, `idempotency_key_reused`, `not_found` for the call that it comes from.
 */
export async function bookCallback(deps: CallbackDeps, order: BookingOrder): Promise<Booked> {
  const person = `${order.agent.id} ${normaliseNumber(order.to) ?? ''}`;
  const subjects = order.key === null ? [person] : [person, order.key];
  for (let tries = 1; ; tries += 1) {
    try {
      return await deps.store.together(subjects, (tx) => book(deps, tx, order));
    } catch (error) {
      if (tries === MOST_TRIES || !isUniqueViolation(error, 'callback_one_open')) throw error;
    }
  }
}

async function book(deps: CallbackDeps, tx: CallbackTransaction, order: BookingOrder): Promise<Booked> {
  const { agent } = order;
  const bodyHash = order.key === null ? '' : createHash('sha256').update(JSON.stringify(order.body)).digest('hex');
  // One journey: the key is taken before the scene is read, and what was read for a repeat is of no use.
  const [earlier, scene] = await Promise.all([
    order.key === null ? undefined : tx.recall(order.key),
    readScene(tx, order),
  ]);
  if (earlier !== undefined) return repeat(tx, earlier, bodyHash, order);

  const allowed = await allowTime(deps, tx, order, order.when(tx.now), scene);
  const existing = scene.open;
  if (existing !== undefined && order.by !== 'caller')
    throw new RingbackError('open_callback_exists', [], { details: { callbackId: existing.id } });
  const fresh = { ...allowed.terms, reason: plain(order.reason, MOST_REASON) };
  const toName = order.toName === null ? null : plain(order.toName, MOST_NAME);
  const callback =
    existing === undefined
      ? await insertNew(tx, order, {
          ...fresh,
          id: uuidv7(),
          agentId: agent.id,
          to: allowed.to,
          toName,
          currentAttemptId: null,
          originCallId: order.originCallId,
          failureCode: null,
          failureReason: null,
          cancelledBy: null,
          hangupRequested: false,
        })
      : await moveOpen(tx, order, existing, {
          ...fresh,
          toName: toName ?? existing.toName,
          originCallId: order.originCallId ?? existing.originCallId,
        });
  tx.changed('callback.changed', callback.id);
  const moved = existing !== undefined;
  if (order.key !== null) await tx.remember(order.key, bodyHash, { callbackId: callback.id, moved });
  return { callback, moved, now: tx.now };
}

async function insertNew(
  tx: CallbackTransaction,
  order: BookingOrder,
  values: Omit<NewCallback, 'conversationId'>,
): Promise<Callback> {
  const origin = order.originCallId === null ? null : await tx.findCall(order.originCallId);
  if (origin === undefined) throw new RingbackError('not_found', ['call']);
  return tx.insertBooking({
    callback: { ...values, conversationId: origin?.conversationId ?? uuidv7() },
    newConversation: origin === null,
    entry: {
      actor: order.by,
      action: 'callback.booked',
      subjectType: 'callback',
      subjectId: values.id,
      before: null,
      after: afterOf(values),
    },
  });
}

async function moveOpen(
  tx: CallbackTransaction,
  order: BookingOrder,
  existing: Callback,
  patch: CallbackPatch,
): Promise<Callback> {
  const callback = await tx.updateCallback(existing, patch);
  await tx.audit({
    actor: order.by,
    action: 'callback.moved',
    subjectType: 'callback',
    subjectId: callback.id,
    before: { dueAt: existing.dueAt.toString(), status: existing.status, attemptsMade: existing.attemptsMade },
    after: afterOf(callback),
  });
  return callback;
}

function afterOf({ dueAt, hoursWaivedFor }: Pick<Callback, 'dueAt' | 'hoursWaivedFor'>) {
  return { dueAt: dueAt.toString(), hoursWaived: hoursWaivedFor !== null };
}

/** What a time ahead is judged by, whoever asks for it. */
export type TimeOrder = Pick<
  BookingOrder,
  'agent' | 'to' | 'zones' | 'originCallId' | 'dialled' | 'by' | 'confirmed' | 'override'
>;

/** A promise at a time that is allowed, as it stands before anybody was dialled for it. */
export interface FreshTerms {
  readonly to: string;
  readonly terms: ReturnType<typeof termsOf>;
}

/**
 * Checks a time against all that a booking has to keep to: horizon, number, do-not-call, calling hours. `scene` where it
 * was read already. Throws as `bookCallback` does.
 */
export async function allowTime(
  deps: CallbackDeps,
  tx: CallbackTransaction,
  order: TimeOrder,
  wish: BookingTime,
  scene?: BookingScene,
): Promise<FreshTerms> {
  const { agent } = order;
  // As it is stored.
  const when = { ...wish, at: wish.at.round('millisecond') };
  const { callbackPolicy: policy } = agent;
  if (when.at.epochMilliseconds - tx.now.epochMilliseconds > policy.horizonDays * 86_400_000)
    throw new RingbackError('beyond_horizon', [policy.horizonDays]);

  const { numbers, onDoNotCall } = scene ?? (await readScene(tx, order));
  const number = mayDial(order.to, { allowedCountries: allowedCountries(policy, numbers), allowlist: deps.allowlist });
  if (!number.ok) throw new RingbackError('number_not_allowed', [number.reason]);
  const to = number.number;
  const telephone = callsTelephone(deps, numbers, to);
  if (telephone && onDoNotCall) throw new RingbackError('on_do_not_call');

  const decision = decideBooking({
    at: when.at,
    now: tx.now,
    zones: when.zoneNamed ? [when.zone] : (order.zones ?? candidateZones(to)),
    timeZone: when.zone,
    policy,
    hoursApply: telephone,
    confirmed: order.confirmed,
    override: order.override,
    chainFrom: order.by === 'caller' && order.originCallId !== null ? await chainStart(tx, order.originCallId) : null,
  });
  if (!decision.ok) {
    const suggestion = decision.nextAllowed.toString({ smallestUnit: 'millisecond' });
    throw new RingbackError('outside_calling_hours', [suggestion], {
      details: { suggestion, mayConfirm: decision.mayConfirm },
    });
  }
  return { to, terms: termsOf(when, decision, policy, outlook(deps, numbers, to, order.dialled)) };
}

function termsOf(
  when: BookingTime,
  decision: { readonly hoursWaived: boolean; readonly expiresAt: Temporal.Instant },
  policy: CallbackPolicy,
  { from, warning }: { from: string | null; warning: string | null },
) {
  return {
    status: 'scheduled',
    dueAt: when.at,
    expiresAt: decision.expiresAt,
    nextAttemptAt: when.at,
    timeZone: when.zone,
    timeZoneNamed: when.zoneNamed,
    hoursWaivedFor: decision.hoursWaived ? when.at : null,
    from,
    // Attempts start anew.
    attemptsMade: 0,
    maxAttempts: policy.maxAttempts,
    releases: 0,
    warning,
  } as const;
}

async function repeat(
  tx: CallbackTransaction,
  earlier: { bodyHash: string; result: unknown },
  bodyHash: string,
  order: BookingOrder,
): Promise<Booked> {
  // A caller's wish said again in other words is the same tool call; a client that reuses a key is in error.
  if (order.by !== 'caller' && earlier.bodyHash !== bodyHash) throw new RingbackError('idempotency_key_reused');
  const { callbackId, moved } = earlier.result as { callbackId: string; moved: boolean };
  const callback = await tx.lockCallback(callbackId);
  if (callback === undefined) throw new RingbackError('callback_not_found');
  return { callback, moved, now: tx.now };
}

/** Of the number as it is stored; one that is none is refused afterwards. */
function readScene(tx: CallbackTransaction, { agent, to }: TimeOrder): Promise<BookingScene> {
  return tx.bookingScene({ agentId: agent.id, to: normaliseNumber(to) ?? '' });
}

/** From which number a callee would be dialled as things stand, and what has to be said loudly where from none. */
export function outlook(
  deps: CallbackDeps,
  numbers: readonly OwnNumber[],
  callee: string,
  dialled: string | null,
): { from: string | null; warning: string | null } {
  const from = chooseFrom({ callee, dialled, numbers, reaches: (carrier, to) => reaches(deps, carrier, to) });
  if (from !== undefined) return { from: from.number, warning: null };
  return {
    from: dialled,
    warning: 'No number with outbound switched on can dial this person; it will fail unless one is switched on.',
  };
}

/** What Postgres can keep as text, and no more of it than is of use. */
function plain(text: string, most: number): string {
  return text.replaceAll('\0', '').slice(0, most);
}

/** Whether this person would be rung on a telephone, by whichever number can reach them. */
export function callsTelephone(deps: CallbackDeps, numbers: readonly OwnNumber[], callee: string): boolean {
  const able = numbers.filter((own) => reaches(deps, own.carrier, callee));
  return able.length === 0 || able.some((own) => ringsTelephone(deps, own.carrier));
}
