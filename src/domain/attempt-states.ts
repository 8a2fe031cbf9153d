import type { AttemptOutcome, AttemptStatus, CallbackAttempt, MachineVerdict } from './attempt.ts';

/** How a carrier says that a call ended. `hung_up` is said of calls that were answered, and of no others. */
export type CarrierEnd =
  | 'hung_up'
  | 'no_answer'
  | 'busy'
  | 'rejected'
  | 'cancelled'
  | 'invalid_number'
  | 'not_permitted'
  | 'failed';

/** What the carrier, the dialer, the call session or the reconciler knows of an attempt. Any of it may come late,
 * twice, or in any order. */
export type AttemptEvidence =
  | { readonly kind: 'placed' | 'ringing' | 'answered' }
  /** They heard the agent, although nobody stored that its opening began: the record of it was lost. */
  | { readonly kind: 'opening' }
  | { readonly kind: 'verdict'; readonly verdict: MachineVerdict }
  | { readonly kind: 'ended'; readonly end: CarrierEnd }
  /** It is not known whether there is a call. */
  | { readonly kind: 'unknown'; readonly detail: string }
  /** Certain that there is none, for a passing reason. */
  | { readonly kind: 'not_placed'; readonly detail: string }
  | {
      readonly kind: 'refused';
      readonly outcome: 'invalid_number' | 'not_permitted' | 'failed' | 'account_fault';
      readonly detail: string;
    }
  /** Reconciled: there was no such call. Only of an attempt that is unknown: while it is being sent nobody can know. */
  | { readonly kind: 'lost' }
  /** The time to wait for a verdict after the end is over. */
  | { readonly kind: 'verdict_overdue' };

/** What becomes of the attempt: only what changes. */
export type AttemptChange = {
  -readonly [
    Key in keyof Pick<
      CallbackAttempt,
      'status' | 'outcome' | 'counted' | 'detail' | 'answeredAt' | 'openingAt' | 'endedAt' | 'machineVerdict'
    >
  ]?: CallbackAttempt[Key];
};

export type AttemptFacts = Pick<
  CallbackAttempt,
  'status' | 'outcome' | 'answeredAt' | 'openingAt' | 'endedAt' | 'machineVerdict' | 'machineDetection'
>;

const rank: Readonly<Record<AttemptStatus, number>> = {
  sending: 0,
  unknown: 0,
  placed: 1,
  ringing: 2,
  answered: 3,
  ended: 4,
};
const countedOutcomes: ReadonlySet<AttemptOutcome> = new Set([
  'completed',
  'no_answer',
  'busy',
  'rejected',
  'machine',
  'lost',
  'failed',
]);

/** Whether an outcome counts against the limit of attempts. */
export function isCounted(outcome: AttemptOutcome): boolean {
  return countedOutcomes.has(outcome);
}

/**
 * What evidence changes; undefined when it changes nothing. An ended attempt absorbs everything; a status never goes
 * back; times that are known stay. `at` is when the evidence came in.
 *
 * An answered attempt that ended without the verdict that was asked for stays `answered` with `endedAt` set, until that
 * word comes or `verdict_overdue` settles it. An opening is not waited for: it is stored before anybody hears it.
 */
export function advance(
  attempt: AttemptFacts,
  evidence: AttemptEvidence,
  at: Temporal.Instant,
): AttemptChange | undefined {
  if (attempt.status === 'ended') return undefined;
  switch (evidence.kind) {
    case 'placed':
    case 'ringing':
      return climb(attempt, evidence.kind);
    case 'answered': {
      const change: AttemptChange = { ...climb(attempt, 'answered') };
      if (attempt.answeredAt === null) change.answeredAt = at;
      return orNothing(change);
    }
    case 'opening': {
      // What was not begun by the end was heard by nobody.
      if (attempt.endedAt !== null) return undefined;
      const change: AttemptChange = { ...climb(attempt, 'answered') };
      if (attempt.answeredAt === null) change.answeredAt = at;
      if (attempt.openingAt === null) change.openingAt = at;
      return orNothing(change);
    }
    case 'verdict':
      return judge(attempt, evidence.verdict, at);
    case 'ended':
      return end(attempt, evidence.end, at);
    case 'verdict_overdue':
      return attempt.endedAt === null ? undefined : settle(attempt, at);
    case 'unknown':
      return attempt.status === 'sending' ? { status: 'unknown', detail: evidence.detail } : undefined;
    case 'not_placed':
      return atLeastPlaced(attempt) ? undefined : close('not_placed', evidence.detail, at);
    case 'refused':
      return atLeastPlaced(attempt) ? undefined : close(evidence.outcome, evidence.detail, at);
    case 'lost':
      return attempt.status !== 'unknown' ? undefined : close('lost', 'the carrier knows of no such call', at);
  }
}

function climb(attempt: AttemptFacts, status: 'placed' | 'ringing' | 'answered'): AttemptChange | undefined {
  return rank[status] > rank[attempt.status] ? { status } : undefined;
}

function judge(attempt: AttemptFacts, verdict: MachineVerdict, at: Temporal.Instant): AttemptChange | undefined {
  // The first verdict stays: a later one cannot turn a settled question.
  if (attempt.machineVerdict !== null) return undefined;
  const judged = { ...attempt, machineVerdict: verdict };
  return awaitsWord(judged) ? { machineVerdict: verdict } : { machineVerdict: verdict, ...settle(judged, at) };
}

function end(attempt: AttemptFacts, how: CarrierEnd, at: Temporal.Instant): AttemptChange | undefined {
  if (attempt.endedAt !== null) return undefined;
  if (attempt.answeredAt === null && how !== 'hung_up') return unanswered(how, at);
  // Hung up means that it had been answered, even where that event is still on its way.
  const ended = { answeredAt: attempt.answeredAt ?? at, endedAt: at };
  const over = { ...attempt, ...ended };
  return awaitsWord(over) ? { ...climb(attempt, 'answered'), ...ended } : { ...ended, ...settle(over, at) };
}

/** Whether it goes on, or has ended and the verdict that decides its outcome may still be told. */
function awaitsWord(attempt: AttemptFacts): boolean {
  const { endedAt, machineDetection, machineVerdict } = attempt;
  return endedAt === null || (machineDetection && machineVerdict === null);
}

/** The end of a call that somebody, or something, had answered. */
function settle(attempt: AttemptFacts, at: Temporal.Instant): AttemptChange {
  const endedAt = attempt.endedAt ?? at;
  if (attempt.machineVerdict === 'machine' || attempt.machineVerdict === 'fax')
    return close('machine', 'a machine answered', endedAt);
  if (attempt.openingAt !== null) return close('completed', null, endedAt);
  return close('no_answer', 'it ended before the agent spoke', endedAt);
}

function unanswered(how: Exclude<CarrierEnd, 'hung_up'>, at: Temporal.Instant): AttemptChange {
  switch (how) {
    case 'no_answer':
      return close('no_answer', 'nobody picked up', at);
    case 'cancelled':
      return close('no_answer', 'it was hung up while it rang', at);
    case 'busy':
      return close('busy', 'the line was busy', at);
    case 'rejected':
      return close('rejected', 'they declined the call', at);
    case 'invalid_number':
      return close('invalid_number', 'the carrier does not know this number', at);
    case 'not_permitted':
      return close('not_permitted', 'the carrier does not permit this call', at);
    case 'failed':
      return close('failed', 'the carrier could not connect the call', at);
  }
}

function close(outcome: AttemptOutcome, detail: string | null, endedAt: Temporal.Instant): AttemptChange {
  return { status: 'ended', outcome, counted: isCounted(outcome), detail, endedAt };
}

function atLeastPlaced(attempt: AttemptFacts): boolean {
  return rank[attempt.status] >= rank.placed;
}

function orNothing(change: AttemptChange): AttemptChange | undefined {
  return Object.keys(change).length === 0 ? undefined : change;
}
