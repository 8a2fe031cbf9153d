import type { CallbackPolicy } from './agent.ts';
import type { Callback, FailureCode } from './callback.ts';
import { isOpen } from './callback-states.ts';
import { hoursFault, nextAllowed } from './calling-hours.ts';
import { allowedCountries, chooseFrom, mayDial, type OwnNumber } from './numbers.ts';

/** A dial this late still counts as the time that was agreed. */
const ON_TIME_MS = 15 * 60_000;
const DAY_MS = 86_400_000;
/**
 * How soon what holds a dial back is looked at again: at first, and at most, since the wait doubles while the reason
 * stays. Each look writes its callback and tells the consoles, so that thousands that wait for an hour would keep the
 * database busy with nothing. Somebody on a call is left alone for ten seconds after it anyway.
 */
const WAIT_MS = {
  held: [5_000, 30_000],
  paused: [5_000, 30_000],
  vendors: [5_000, 30_000],
  capacity: [1_000, 8_000],
  person: [5_000, 10_000],
  inFlight: [15_000, 30_000],
} as const;

/** Everything that is looked at in the moment before a dial. */
export interface LastLookFacts {
  readonly now: Temporal.Instant;
  readonly callback: Callback;
  /** Undefined where the agent is gone. */
  readonly policy: CallbackPolicy | undefined;
  /** All numbers of the agent. */
  readonly numbers: readonly OwnNumber[];
  /** The number that the caller had dialled when they asked to be called back. */
  readonly dialled: string | null;
  readonly reaches: (carrier: string, callee: string) => boolean;
  /** Whether the carrier rings telephones: only then hours, caps, countries and do-not-call apply. */
  readonly ringsTelephone: (carrier: string) => boolean;
  readonly allowlist: readonly string[] | null;
  /** Zones that the callee may be in. */
  readonly candidateZones: readonly string[];
  readonly onDoNotCall: boolean;
  /** Dials to this person in the last 24 h, over all agents, oldest first. */
  readonly recentDials: readonly Temporal.Instant[];
  /** `live`, or until when (10 s after their hang-up); null where they are on no call with us. */
  readonly personOnCall: 'live' | Temporal.Instant | null;
  /** An attempt to this person is in flight. */
  readonly attemptInFlight: boolean;
  /** STT, LLM or TTS believed down, by name. */
  readonly vendorsDown: readonly string[];
  readonly capacityFree: boolean;
  readonly pausedCarriers: Readonly<Record<string, string>>;
  /** Why all outbound is held; null where it is not. */
  readonly held: string | null;
}

export type LastLookVerdict =
  | { readonly do: 'dial'; readonly from: string; readonly carrier: string }
  /** It may not be claimed (cancelled, or claimed by another). */
  | { readonly do: 'nothing' }
  | { readonly do: 'cancel'; readonly by: 'do_not_call' | 'caller_returned' }
  | { readonly do: 'fail'; readonly code: FailureCode; readonly reason: string }
  | { readonly do: 'expire'; readonly reason: string }
  | { readonly do: 'move'; readonly to: Temporal.Instant; readonly warning: string }
  | {
      readonly do: 'wait';
      readonly until: Temporal.Instant;
      readonly warning: string;
      /** It waits for a line, and for nothing else. */
      readonly forLine?: true;
    };

type WaitVerdict = Extract<LastLookVerdict, { do: 'wait' }>;

/** The last look before a dial. On bad data it does not dial, and it says why. */
export function lastLook(facts: LastLookFacts): LastLookVerdict {
  const { callback, now, policy } = facts;
  if (!isOpen(callback)) return { do: 'nothing' };
  if (Temporal.Instant.compare(now, callback.expiresAt) >= 0) {
    return { do: 'expire', reason: callback.warning ?? 'Nobody could dial it in time.' };
  }
  const from = chooseFrom({
    callee: callback.to,
    // The number that the caller dialled, where it may dial out by now; else the one that was chosen for it.
    dialled: mayDialOut(facts, facts.dialled) ? facts.dialled : callback.from,
    numbers: facts.numbers,
    reaches: facts.reaches,
  });
  const telephone = from === undefined ? ringsSomeTelephone(facts) : facts.ringsTelephone(from.carrier);
  if (telephone && facts.onDoNotCall) return { do: 'cancel', by: 'do_not_call' };
  if (policy === undefined) return { do: 'fail', code: 'agent_missing', reason: 'The agent of this callback is gone.' };
  const fault = faultOf(facts, policy);
  if (fault !== undefined) return { do: 'fail', code: 'bad_data', reason: `It was not dialled: ${fault}.` };
  // The agent counts as it is at this moment: its limit may have been lowered since the last attempt.
  if (callback.attemptsMade > 0 && callback.attemptsMade >= policy.maxAttempts) return attemptsUsed(facts, policy);
  if (from === undefined) return unreachable(facts);
  const number = mayDial(callback.to, {
    allowedCountries: allowedCountries(policy, facts.numbers),
    allowlist: facts.allowlist,
  });
  if (!number.ok) return { do: 'fail', code: number.code, reason: `This number may not be called: ${number.reason}.` };
  if (telephone) {
    const moved = outsideHours(facts, policy);
    if (moved !== undefined) return moved;
    const capped = overCap(facts, policy);
    if (capped !== undefined) return capped;
  }
  return heldBack(facts, from.carrier) ?? { do: 'dial', from: from.number, carrier: from.carrier };
}

function mayDialOut(facts: LastLookFacts, number: string | null): boolean {
  return facts.numbers.some(
    (own) => own.number === number && own.outboundEnabled && facts.reaches(own.carrier, facts.callback.to),
  );
}

/** Where nothing may dial: what kind of line it would be. */
function ringsSomeTelephone(facts: LastLookFacts): boolean {
  const able = facts.numbers.filter((own) => facts.reaches(own.carrier, facts.callback.to));
  return able.length === 0 || able.some((own) => facts.ringsTelephone(own.carrier));
}

/** What cannot be read of what the look decides by, in a few words: nothing is guessed, and nobody is rung. */
function faultOf(facts: LastLookFacts, policy: CallbackPolicy): string | undefined {
  if (!Array.isArray(policy.allowedCountries)) return 'the allowed countries cannot be read';
  if (!Number.isInteger(policy.maxDialsPerDay) || policy.maxDialsPerDay < 1) return "the day's cap cannot be read";
  return hoursFault(policy.callingHours, [facts.callback.timeZone, ...facts.candidateZones]);
}

function attemptsUsed({ callback: { attemptsMade } }: LastLookFacts, { maxAttempts }: CallbackPolicy): LastLookVerdict {
  const reason = `Its agent allows ${maxAttempts} attempts by now, and ${attemptsMade} have been made.`;
  return { do: 'fail', code: 'attempts_used', reason };
}

function unreachable(facts: LastLookFacts): LastLookVerdict {
  const switchedOff = facts.numbers.some(
    (own) => !own.outboundEnabled && facts.reaches(own.carrier, facts.callback.to),
  );
  return switchedOff
    ? {
        do: 'fail',
        code: 'outbound_off',
        reason: 'Outbound is switched off on every number that could dial this person.',
      }
    : { do: 'fail', code: 'no_outbound_number', reason: 'The agent has no number that can reach this person.' };
}

function outsideHours(facts: LastLookFacts, policy: CallbackPolicy): LastLookVerdict | undefined {
  const { callback, now } = facts;
  const waived = callback.hoursWaivedFor;
  // The very time that was agreed holds only while it is that time: not before it, and not long after.
  const sinceMs = waived === null ? Number.NaN : now.epochMilliseconds - waived.epochMilliseconds;
  if (sinceMs >= 0 && sinceMs <= ON_TIME_MS) return undefined;
  const zones =
    callback.timeZoneNamed || facts.candidateZones.length === 0 ? [callback.timeZone] : facts.candidateZones;
  const common = nextAllowed(policy.callingHours, zones, now, callback.timeZone);
  if (common.equals(now)) return undefined;
  return {
    do: 'move',
    to: common,
    warning: 'It is outside the calling hours where they are; it waits for the next allowed minute.',
  };
}

function overCap(facts: LastLookFacts, policy: CallbackPolicy): LastLookVerdict | undefined {
  const within = facts.recentDials;
  if (within.length < policy.maxDialsPerDay) return undefined;
  const oldest = within[within.length - policy.maxDialsPerDay];
  const until = oldest === undefined ? facts.now.add({ milliseconds: DAY_MS }) : oldest.add({ milliseconds: DAY_MS });
  return wait(facts, until, `This person has been dialled ${within.length} times in a day; it waits.`);
}

function heldBack(facts: LastLookFacts, carrier: string): LastLookVerdict | undefined {
  if (facts.held !== null) return waitMore(facts, 'held', `All outbound is held: ${facts.held}`);
  const paused = facts.pausedCarriers[carrier];
  if (paused !== undefined) return waitMore(facts, 'paused', `The carrier is paused: ${paused}`);
  if (facts.attemptInFlight) return waitMore(facts, 'inFlight', 'This person is being dialled already; it waits.');
  if (facts.personOnCall === 'live') return waitMore(facts, 'person', 'This person is on a call with us; it waits.');
  if (facts.personOnCall !== null && Temporal.Instant.compare(facts.personOnCall, facts.now) > 0) {
    return wait(facts, facts.personOnCall, 'This person has just hung up; it waits a moment.');
  }
  if (facts.vendorsDown.length > 0)
    return waitMore(facts, 'vendors', `${facts.vendorsDown.join(' and ')} cannot be reached; it waits.`);
  if (!facts.capacityFree)
    return { ...waitMore(facts, 'capacity', 'All lines are busy; it waits for one.'), forLine: true };
  return undefined;
}

/** Twice as long as the wait before, where that was for the same reason; it was written at `updatedAt`. */
function waitMore(facts: LastLookFacts, reason: keyof typeof WAIT_MS, warning: string): WaitVerdict {
  const { warning: before, nextAttemptAt, updatedAt } = facts.callback;
  const [firstMs, mostMs] = WAIT_MS[reason];
  const waitedMs =
    before === warning && nextAttemptAt !== null ? nextAttemptAt.epochMilliseconds - updatedAt.epochMilliseconds : 0;
  const delayMs = Math.min(mostMs, Math.max(firstMs, 2 * waitedMs));
  return wait(facts, facts.now.add({ milliseconds: delayMs }), warning);
}

/** Never waits past the expiry: there the next look ends it. */
function wait(facts: LastLookFacts, until: Temporal.Instant, warning: string): WaitVerdict {
  const { expiresAt } = facts.callback;
  return { do: 'wait', until: Temporal.Instant.compare(until, expiresAt) > 0 ? expiresAt : until, warning };
}
