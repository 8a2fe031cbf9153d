import type { CallbackTransaction } from '../../db/callback-store.ts';
import { uuidv7 } from '../../db/uuid.ts';
import type { AgentSettings } from '../domain/agent.ts';
import type { CallbackAttempt } from '../domain/attempt.ts';
import type { Callback } from '../domain/callback.ts';
import { nextStatus, stateOf } from '../domain/callback-states.ts';
import { lastLook, type LastLookVerdict } from '../domain/last-look.ts';
import { candidateZones } from '../domain/zones.ts';
import { reaches, ringsTelephone, type CallbackDeps } from './deps.ts';
import { hasCallerReturned } from './on-return.ts';

/** What only the process knows in the moment before a dial. */
export interface ClaimRequest {
  readonly callbackId: string;
  readonly ownerId: string;
  readonly ownerEpoch: number;
  /** How far ahead of its time a callback may be claimed; the request itself still waits for the time. */
  readonly leadMs: number;
  readonly capacityFree: boolean;
  readonly vendorsDown: readonly string[];
}

export type ClaimResult =
  /** The intent is committed: from here on this attempt is requested at most once, by whoever called. */
  | {
      readonly do: 'dial';
      readonly attempt: CallbackAttempt;
      readonly callback: Callback;
      readonly agent: AgentSettings;
      /** Its time: the request is not written before it. */
      readonly due: Temporal.Instant;
    }
  /** It is not to be dialled now; what that means is stored already. */
  | { readonly do: 'rest'; readonly why: 'not_due' | 'not_ours' | LastLookVerdict['do'] };

/** A person who has just hung up is not rung in the same breath. */
const AFTER_CALL_MS = 10_000;
const IN_FLIGHT_WAIT_MS = 15_000;
const DAY_MS = 86_400_000;

/**
 * Claims a callback that is due: in one transaction the lease is checked, the last look is taken, and the intent to
 * dial is written down. Safe to be called by anybody at any time; at most one of them gets `dial`.
 */
export function claimForDial(deps: CallbackDeps, request: ClaimRequest): Promise<ClaimResult> {
  return deps.store.transact(async (tx) => {
    const callback = await tx.lockCallback(request.callbackId, { skipLocked: true });
    const due = callback?.nextAttemptAt ?? null;
    if (callback === undefined || due === null) return { do: 'rest', why: 'nothing' };
    if (due.epochMilliseconds - tx.now.epochMilliseconds > request.leadMs) return { do: 'rest', why: 'not_due' };
    if (!(await tx.ownsLease(request.ownerId, request.ownerEpoch))) return { do: 'rest', why: 'not_ours' };
    const agent = await tx.agent(callback.agentId);
    // The claim runs a little ahead: what counts is the time at which it will ring.
    const rings = Temporal.Instant.compare(due, tx.now) > 0 ? due : tx.now;
    const found = await look(deps, tx, callback, agent, request, rings);
    // Only once the last look lets it go: by then their call is ten seconds past, and what they said of it is stored.
    const verdict: LastLookVerdict =
      found.do === 'dial' && (await hasCallerReturned(tx, callback)) ? { do: 'cancel', by: 'caller_returned' } : found;
    if (verdict.do !== 'dial' || agent === undefined) {
      await rest(tx, callback, verdict);
      return { do: 'rest', why: verdict.do };
    }
    return dial(deps, tx, { callback, agent, verdict, request, due });
  });
}

async function look(
  deps: CallbackDeps,
  tx: CallbackTransaction,
  callback: Callback,
  agent: AgentSettings | undefined,
  request: ClaimRequest,
  now: Temporal.Instant,
): Promise<LastLookVerdict> {
  const [numbers, origin, onDoNotCall, recentDials, attemptInFlight, personOnCall, pausedCarriers, held] = [
    await tx.numbersOf(callback.agentId),
    callback.originCallId === null ? undefined : await tx.findCall(callback.originCallId),
    await tx.onDoNotCall(callback.to),
    await tx.dialsTo(callback.to, tx.now.subtract({ milliseconds: DAY_MS })),
    await tx.attemptInFlight(callback.to),
    await tx.personOnCall(callback.to, tx.now.subtract({ milliseconds: AFTER_CALL_MS })),
    await tx.pausedCarriers(),
    await tx.heldReason(),
  ];
  return lastLook({
    now,
    callback,
    policy: agent?.callbackPolicy,
    numbers,
    dialled: origin?.direction === 'inbound' ? origin.to : null,
    reaches: (carrier, callee) => reaches(deps, carrier, callee),
    ringsTelephone: (carrier) => ringsTelephone(deps, carrier),
    allowlist: deps.allowlist,
    candidateZones: candidateZones(callback.to),
    onDoNotCall,
    recentDials,
    personOnCall:
      personOnCall === null || personOnCall === 'live'
        ? personOnCall
        : personOnCall.add({ milliseconds: AFTER_CALL_MS }),
    attemptInFlight,
    vendorsDown: request.vendorsDown,
    capacityFree: request.capacityFree,
    pausedCarriers,
    held,
  });
}

async function dial(
  deps: CallbackDeps,
  tx: CallbackTransaction,
  claim: {
    callback: Callback;
    agent: AgentSettings;
    verdict: Extract<LastLookVerdict, { do: 'dial' }>;
    request: ClaimRequest;
    due: Temporal.Instant;
  },
): Promise<ClaimResult> {
  const { callback, agent, verdict, request, due } = claim;
  const attempt = await tx.insertAttempt({
    ...blank(callback, await nextNumber(tx, callback), tx.now),
    status: 'sending',
    carrier: verdict.carrier,
    from: verdict.from,
    ownerId: request.ownerId,
    ownerEpoch: request.ownerEpoch,
    machineDetection:
      agent.callbackPolicy.detectMachines && (deps.carrierOf(verdict.carrier)?.machineDetection ?? false),
  });
  if (attempt === undefined) {
    // Somebody else's dial to this person was committed since the look.
    const until = tx.now.add({ milliseconds: IN_FLIGHT_WAIT_MS });
    await rest(tx, callback, { do: 'wait', until, warning: 'This person is being dialled already; it waits.' });
    return { do: 'rest', why: 'wait' };
  }
  const dialing = await tx.updateCallback(callback, {
    status: 'dialing',
    currentAttemptId: attempt.id,
    nextAttemptAt: null,
    from: verdict.from,
    warning: null,
  });
  tx.changed('callback.changed', callback.id);
  return { do: 'dial', attempt, callback: dialing, agent, due };
}

/** Writes down what a last look that does not dial means. */
async function rest(tx: CallbackTransaction, callback: Callback, verdict: LastLookVerdict): Promise<void> {
  switch (verdict.do) {
    case 'dial':
    case 'nothing':
      return;
    case 'cancel':
      await tx.updateCallback(callback, {
        status: 'cancelled',
        cancelledBy: verdict.by,
        nextAttemptAt: null,
        warning: null,
      });
      break;
    case 'fail':
      await tx.insertAttempt({
        ...blank(callback, await nextNumber(tx, callback), tx.now),
        status: 'ended',
        outcome: 'blocked',
        detail: verdict.reason,
        endedAt: tx.now,
      });
      await tx.updateCallback(callback, {
        // What was dialled before stays a No answer, and is final.
        status: nextStatus(stateOf(callback), 'refuse') === 'no_answer' ? 'no_answer' : 'failed',
        failureCode: verdict.code,
        failureReason: verdict.reason,
        nextAttemptAt: null,
        warning: null,
      });
      break;
    case 'expire': {
      const status = nextStatus(stateOf(callback), 'expire');
      const missed =
        status === 'failed'
          ? ({ failureCode: 'missed', failureReason: `It was not dialled in time. ${verdict.reason}` } as const)
          : {};
      await tx.updateCallback(callback, {
        status: status === 'no_answer' ? 'no_answer' : 'failed',
        ...missed,
        nextAttemptAt: null,
        warning: null,
      });
      break;
    }
    case 'move':
      await tx.updateCallback(callback, {
        nextAttemptAt: earliest(verdict.to, callback.expiresAt),
        warning: verdict.warning,
      });
      break;
    case 'wait':
      await tx.updateCallback(callback, { nextAttemptAt: verdict.until, warning: verdict.warning });
      break;
  }
  tx.changed('callback.changed', callback.id);
}

async function nextNumber(tx: CallbackTransaction, callback: Callback): Promise<number> {
  return ((await tx.lastAttempt(callback.id))?.number ?? 0) + 1;
}

function blank(callback: Callback, number: number, now: Temporal.Instant): CallbackAttempt {
  return {
    id: uuidv7(),
    callbackId: callback.id,
    number,
    status: 'sending',
    outcome: null,
    counted: false,
    detail: null,
    carrier: '',
    from: callback.from ?? '',
    to: callback.to,
    callId: uuidv7(),
    carrierCallId: null,
    ownerId: '00000000-0000-0000-0000-000000000000',
    ownerEpoch: 0,
    machineDetection: false,
    machineVerdict: null,
    startedAt: now,
    answeredAt: null,
    openingAt: null,
    endedAt: null,
    checkAt: null,
    checks: 0,
  };
}

function earliest(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(a, b) < 0 ? a : b;
}
