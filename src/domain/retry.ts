import type { CallbackPolicy, RetryDelays } from './agent.ts';
import type { AttemptOutcome } from './attempt.ts';
import type { Callback, CancelledBy, FailureCode } from './callback.ts';
import { hoursFault, nextAllowed } from './calling-hours.ts';

/** What an ended attempt leaves behind it. */
export interface AttemptAftermath {
  readonly outcome: AttemptOutcome;
  readonly detail: string | null;
  readonly endedAt: Temporal.Instant;
  /** Outcomes of the counted attempts before it since the callback was booked or last moved, oldest first. */
  readonly earlierOutcomes: readonly AttemptOutcome[];
  /** Counted ones, this one included. */
  readonly attemptsMade: number;
  readonly callback: Pick<Callback, 'dueAt' | 'expiresAt' | 'timeZone' | 'releases' | 'hangupRequested'>;
  /** The agent's, as it is now. */
  readonly policy: CallbackPolicy;
  /** Zones that the callee may be in. */
  readonly zones: readonly string[];
  /** False for carriers that ring no telephones. */
  readonly hoursApply: boolean;
  /** The agent left its message on the machine. */
  readonly machineMessageLeft: boolean;
  /** This person has a newer open promise with this agent. */
  readonly newerPromiseExists: boolean;
  /** Whether any attempt of the callback was placed. */
  readonly anyPlaced: boolean;
  readonly retryAfterMs: number | undefined;
  readonly now: Temporal.Instant;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** What becomes of the callback. */
export interface CallbackAftermath {
  readonly event: 'converse' | 'miss' | 'reject' | 'release' | 'supersede';
  readonly nextAttemptAt: Temporal.Instant | null;
  readonly failureCode: FailureCode | null;
  readonly failureReason: string | null;
  readonly warning: string | null;
  readonly cancelledBy: CancelledBy | null;
  readonly releases: number;
}

/** Beyond any expiry: a figure above it is a fault. */
const MOST_MINUTES = 1_000_000;

const nothing = {
  nextAttemptAt: null,
  failureCode: null,
  failureReason: null,
  warning: null,
  cancelledBy: null,
  releases: 0,
} as const;

/** Decides what an ended attempt means for its callback: done, again, or over. */
export function planAfterAttempt(input: AttemptAftermath): CallbackAftermath {
  const { outcome, callback } = input;
  if (outcome === 'completed') return { ...nothing, event: 'converse' };
  if (input.newerPromiseExists) return superseded(input);
  if (outcome === 'invalid_number' || outcome === 'not_permitted') {
    return {
      ...nothing,
      event: 'reject',
      failureCode: outcome,
      failureReason: sentence(input.detail, 'the carrier refused this call'),
    };
  }
  // An operator hung it up: never dialled again.
  if (callback.hangupRequested) return { ...nothing, event: 'miss' };
  if (outcome === 'not_placed' || outcome === 'account_fault') return released(input);
  if (input.attemptsMade >= input.policy.maxAttempts) return exhausted(input);
  const delayMinutes = retryDelayMinutes(input.policy.retryDelaysMinutes, outcome, input.earlierOutcomes);
  if (delayMinutes === undefined || (outcome === 'machine' && input.machineMessageLeft)) return exhausted(input);
  // Counted from the end, which may have been settled a while after it.
  const wished = latest(input.endedAt.add({ milliseconds: Math.round(delayMinutes * 60_000) }), input.now);
  const at = input.hoursApply ? insideHours(input, wished) : wished;
  // At its expiry the last look would end it instead of dialling.
  if (Temporal.Instant.compare(at, callback.expiresAt) >= 0) return exhausted(input);
  const moved = Temporal.Instant.compare(at, wished) > 0;
  return {
    ...nothing,
    event: 'miss',
    nextAttemptAt: at,
    warning: moved ? 'The retry waits for the calling hours.' : null,
  };
}

/** Backing off from an attempt that was not placed: 2 s to 5 min, doubling, with jitter; `retryAfterMs` is kept to. */
export function releaseDelayMs(releases: number, random: () => number, retryAfterMs = 0): number {
  const ceilingMs = Math.min(300_000, 2_000 * 2 ** Math.min(releases, 20));
  const jittered = ceilingMs * (0.5 + 0.5 * random());
  return Math.round(Math.max(2_000, jittered, Math.min(retryAfterMs, 300_000)));
}

function released(input: AttemptAftermath): CallbackAftermath {
  const delayMs = releaseDelayMs(input.callback.releases, input.random, input.retryAfterMs);
  const next = input.now.add({ milliseconds: delayMs });
  // Not later than the expiry: there the last look ends it with its reason.
  const at = Temporal.Instant.compare(next, input.callback.expiresAt) > 0 ? input.callback.expiresAt : next;
  return {
    ...nothing,
    event: 'release',
    nextAttemptAt: at,
    warning: sentence(input.detail, 'The carrier did not take the call; trying again.'),
    releases: input.callback.releases + 1,
  };
}

function superseded(input: AttemptAftermath): CallbackAftermath {
  if (input.anyPlaced) return { ...nothing, event: 'miss' };
  return { ...nothing, event: 'supersede', cancelledBy: 'superseded' };
}

/** Hours or zones that cannot be read do not keep an attempt from being settled: the last look says so, and fails it. */
function insideHours(input: AttemptAftermath, wished: Temporal.Instant): Temporal.Instant {
  const { zones, callback } = input;
  const { callingHours } = input.policy;
  if (hoursFault(callingHours, [...zones, callback.timeZone]) !== undefined) return wished;
  return nextAllowed(callingHours, zones, wished, callback.timeZone);
}

/** No more attempts: a final No answer, or Failed where no attempt ever reached a telephone. */
function exhausted(input: AttemptAftermath): CallbackAftermath {
  const failureCode = whyUnreached([...input.earlierOutcomes, input.outcome]);
  if (failureCode === undefined) return { ...nothing, event: 'miss' };
  const failureReason = sentence(input.detail, 'the call could not be placed');
  return { ...nothing, event: 'reject', failureCode, failureReason };
}

/**
 * Why a callback with these counted attempts, oldest first, is Failed and no No answer: none of them reached a telephone.
 * Undefined where one did, or where there is none.
 */
export function whyUnreached(outcomes: readonly AttemptOutcome[]): 'lost' | 'failed' | undefined {
  const last = outcomes.at(-1);
  if (last !== 'lost' && last !== 'failed') return undefined;
  return outcomes.every((outcome) => outcome === 'failed' || outcome === 'lost') ? last : undefined;
}

/** Undefined where the list is empty: no retry. */
function retryDelayMinutes(
  delays: RetryDelays,
  outcome: AttemptOutcome,
  earlier: readonly AttemptOutcome[],
): number | undefined {
  const lists: Partial<Record<AttemptOutcome, { list: readonly number[]; same: readonly AttemptOutcome[] }>> = {
    busy: { list: delays.busy, same: ['busy', 'rejected'] },
    rejected: { list: delays.busy, same: ['busy', 'rejected'] },
    machine: { list: delays.machine, same: ['machine'] },
  };
  const { list, same } = lists[outcome] ?? { list: delays.noAnswer, same: ['no_answer', 'lost', 'failed'] };
  // A list that cannot be read plans nothing; it does not keep the attempt from being settled.
  if (!Array.isArray(list)) return undefined;
  const index = earlier.filter((one) => same.includes(one)).length;
  const minutes: unknown = list[Math.min(index, list.length - 1)];
  return typeof minutes === 'number' && minutes >= 0 && minutes < MOST_MINUTES ? minutes : undefined;
}

function latest(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(a, b) > 0 ? a : b;
}

function sentence(detail: string | null, otherwise: string): string {
  const text = detail ?? otherwise;
  const capital = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
