import type { CallbackTransaction, DialFacts, DialScene } from '../../db/callback-store.ts';
import { uuidv7 } from '../../db/uuid.ts';
import type { AgentSettings } from '../domain/agent.ts';
import type { CallbackAttempt } from '../domain/attempt.ts';
import type { Callback } from '../domain/callback.ts';
import { nextStatus, stateOf } from '../domain/callback-states.ts';
import { lastLook, type LastLookFacts, type LastLookVerdict } from '../domain/last-look.ts';
import { whyUnreached } from '../domain/retry.ts';
import { candidateZones } from '../domain/zones.ts';
import { reaches, ringsTelephone, type CallbackDeps } from './deps.ts';
import { takeTurn, type Pace, type PaceVerdict } from './turn.ts';

/** Which callbacks are to be claimed, and what only the process knows in the moment before a dial. */
export interface ClaimRequest {
  readonly callbackIds: readonly string[];
  readonly ownerId: string;
  readonly ownerEpoch: number;
  /** How far ahead of its time a callback may be claimed; the request itself still waits for the time. */
  readonly leadMs: number;
  /** How many more calls can be served. */
  readonly linesFree: number;
  /** Settles when earlier claims of this process have ended: a carrier's slots are given in the order of asking. */
  readonly before?: Promise<unknown>;
  /** Whose turn it is where there are fewer lines than callbacks; without it the one that is due first goes first. */
  readonly share?: Share;
  /** What this agent's call needs and is believed down, by name. */
  readonly vendorsDown: (agent: AgentSettings) => readonly string[];
  /** This agent is dialled. Not told of one that only waits: it shows nothing of its vendors. */
  readonly vendorsTried?: (agent: AgentSettings) => void;
  /** How fast a carrier may be dialled through; null is without a limit. */
  readonly paceOf?: (carrier: string) => Pace | null;
}

/** See `LineShare`. */
interface Share {
  inTurn(agentIds: readonly string[]): readonly number[];
  wants(agentId: string, isWanted: boolean): void;
  mayTake(agentId: string, free: number): boolean;
  took(agentId: string): void;
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
const NOBODY = '00000000-0000-0000-0000-000000000000';
const NO_ATTEMPT = NOBODY;
const MISSED = 'It was not dialled in time.';
const UNREACHED = 'No call reached a telephone before its time ran out.';
const NOTHING: ClaimResult = { do: 'rest', why: 'nothing' };

/**
 * Claims callbacks that are due: in one transaction the lease is checked, the last look is taken at each, and the intents
 * to dial are written down. Safe to be called by anybody at any time; at most one of them gets `dial` for a callback. All
 * are claimed or, where it throws, none.
 */
export function claimBatch(deps: CallbackDeps, request: ClaimRequest): Promise<Map<string, ClaimResult>> {
  return deps.store.transact(async (tx) => {
    const results = new Map<string, ClaimResult>(request.callbackIds.map((id) => [id, NOTHING]));
    const scene = await tx.dialScene({
      callbackIds: request.callbackIds,
      ownerId: request.ownerId,
      ownerEpoch: request.ownerEpoch,
      dialsSince: tx.now.subtract({ milliseconds: DAY_MS }),
      callsSince: tx.now.subtract({ milliseconds: AFTER_CALL_MS }),
    });
    const due: DialFacts[] = [];
    for (const facts of scene.facts) {
      const { id, nextAttemptAt: time } = facts.callback;
      if (time === null) continue;
      if (time.epochMilliseconds - tx.now.epochMilliseconds > request.leadMs)
        results.set(id, { do: 'rest', why: 'not_due' });
      else if (scene.ownsLease) due.push(facts);
      else results.set(id, { do: 'rest', why: 'not_ours' });
    }
    if (due.length === 0) return results;
    for (const [id, result] of await decide(deps, tx, { ...scene, facts: due }, request)) results.set(id, result);
    return results;
  });
}

type Dial = Extract<ClaimResult, { do: 'dial' }>;

/** Takes the last look at each of them, and writes down what it means. */
async function decide(
  deps: CallbackDeps,
  tx: CallbackTransaction,
  scene: DialScene,
  request: ClaimRequest,
): Promise<Map<string, ClaimResult>> {
  const results = new Map<string, ClaimResult>();
  const dials: (Dial & { readonly waiting: Callback })[] = [];
  const share = Number.isFinite(request.linesFree) ? request.share : undefined;
  for (const facts of inTurn(scene.facts, share)) {
    const { callback, agent } = facts;
    const linesFree = request.linesFree - dials.length;
    const due = callback.nextAttemptAt ?? tx.now;
    // The claim runs a little ahead: what counts is the time at which it will ring.
    const rings = latest(due, tx.now);
    const found = look(deps, scene, request, {
      ...facts,
      now: rings,
      // What this batch dials already, the tables do not show yet.
      attemptInFlight: facts.attemptInFlight || dials.some((dial) => dial.attempt.to === callback.to),
      capacityFree: linesFree > 0 && (share?.mayTake(callback.agentId, linesFree) ?? true),
    });
    // Only once the last look lets it go: by then their call is ten seconds past, and what they said of it is stored.
    const looked: LastLookVerdict =
      found.do === 'dial' && facts.callerReturned ? { do: 'cancel', by: 'caller_returned' } : found;
    const verdict = looked.do === 'dial' ? await takeTurn(tx, { callback, verdict: looked, request, rings }) : looked;
    if (verdict.do !== 'dial' || agent === undefined) {
      share?.wants(callback.agentId, looked.do === 'wait' && looked.forLine === true);
      await rest(tx, callback, verdict, facts.attemptsSoFar);
      results.set(callback.id, { do: 'rest', why: verdict.do });
      continue;
    }
    const attempt: CallbackAttempt = {
      ...blank(callback, facts.attemptsSoFar + 1, tx.now),
      carrier: verdict.carrier,
      from: verdict.from,
      ownerId: request.ownerId,
      ownerEpoch: request.ownerEpoch,
      machineDetection:
        agent.callbackPolicy.detectMachines && (deps.carrierOf(verdict.carrier)?.machineDetection ?? false),
    };
    share?.took(callback.agentId);
    request.vendorsTried?.(agent);
    dials.push({
      do: 'dial',
      attempt,
      callback: dialing(callback, attempt, tx.now),
      agent,
      due: verdict.at,
      waiting: callback,
    });
  }
  const begun = new Set(await tx.beginDials(dials.map(({ waiting, attempt }) => ({ callback: waiting, attempt }))));
  for (const { waiting, ...dial } of dials) {
    if (begun.has(dial.attempt.id)) {
      tx.changed('callback.changed', waiting.id);
      results.set(waiting.id, dial);
      continue;
    }
    // Somebody else's dial to this person was committed since the look.
    const until = tx.now.add({ milliseconds: IN_FLIGHT_WAIT_MS });
    await rest(tx, waiting, { do: 'wait', until, warning: 'This person is being dialled already; it waits.' }, 0);
    results.set(waiting.id, { do: 'rest', why: 'wait' });
  }
  return results;
}

function inTurn(facts: readonly DialFacts[], share: Share | undefined): readonly DialFacts[] {
  if (share === undefined || facts.length < 2) return facts;
  return share.inTurn(facts.map(({ callback }) => callback.agentId)).flatMap((index) => facts[index] ?? []);
}

function look(
  deps: CallbackDeps,
  scene: DialScene,
  request: ClaimRequest,
  facts: DialFacts & Pick<LastLookFacts, 'now' | 'capacityFree'>,
): LastLookVerdict {
  const { callback, personOnCall } = facts;
  return lastLook({
    ...facts,
    policy: facts.agent?.callbackPolicy,
    reaches: (carrier, callee) => reaches(deps, carrier, callee),
    ringsTelephone: (carrier) => ringsTelephone(deps, carrier),
    allowlist: deps.allowlist,
    candidateZones: candidateZones(callback.to),
    personOnCall:
      personOnCall === null || personOnCall === 'live'
        ? personOnCall
        : personOnCall.add({ milliseconds: AFTER_CALL_MS }),
    vendorsDown: facts.agent === undefined ? [] : request.vendorsDown(facts.agent),
    pausedCarriers: scene.pausedCarriers,
    held: scene.held,
  });
}

/** The callback as `beginDials` makes it. */
function dialing(callback: Callback, attempt: CallbackAttempt, now: Temporal.Instant): Callback {
  return {
    ...callback,
    status: 'dialing',
    currentAttemptId: attempt.id,
    nextAttemptAt: null,
    slot: null,
    from: attempt.from,
    warning: null,
    updatedAt: now,
  };
}

/** Writes down what a last look that does not dial means. */
async function rest(
  tx: CallbackTransaction,
  callback: Callback,
  verdict: LastLookVerdict | PaceVerdict,
  attemptsSoFar: number,
): Promise<void> {
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
        ...blank(callback, attemptsSoFar + 1, tx.now),
        status: 'ended',
        outcome: 'blocked',
        detail: verdict.reason,
        endedAt: tx.now,
      });
      await tx.updateCallback(callback, {
        status:
          (await unreached(tx, callback)) === undefined ? endedBy(callback, 'refuse') : endedBy(callback, 'reject'),
        failureCode: verdict.code,
        failureReason: verdict.reason,
        nextAttemptAt: null,
        warning: null,
      });
      break;
    case 'expire': {
      const code = callback.status === 'scheduled' ? 'missed' : await unreached(tx, callback);
      const reason = { missed: MISSED, lost: UNREACHED, failed: UNREACHED }[code ?? 'missed'];
      await tx.updateCallback(callback, {
        status: endedBy(callback, callback.status === 'scheduled' || code === undefined ? 'expire' : 'reject'),
        ...(code === undefined ? {} : { failureCode: code, failureReason: `${reason} ${verdict.reason}` }),
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
      await tx.updateCallback(callback, {
        nextAttemptAt: verdict.until,
        warning: verdict.warning,
        slot: 'slot' in verdict ? verdict.slot : null,
      });
      break;
  }
  tx.changed('callback.changed', callback.id);
}

/** Why it counts as never dialled though attempts were made, see `whyUnreached`. */
async function unreached(tx: CallbackTransaction, { id, status, attemptsMade }: Callback) {
  if (status !== 'no_answer') return undefined;
  return whyUnreached(await tx.countedOutcomes(id, { attemptId: NO_ATTEMPT, limit: attemptsMade }));
}

/** What was dialled before stays a No answer, and is final. */
function endedBy(callback: Callback, event: 'expire' | 'refuse' | 'reject'): 'no_answer' | 'failed' {
  return nextStatus(stateOf(callback), event) === 'no_answer' ? 'no_answer' : 'failed';
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
    ownerId: NOBODY,
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

function latest(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(a, b) > 0 ? a : b;
}
