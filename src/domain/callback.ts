/** The states of a Callback (the promise) and what may happen to it: a table and a pure function. */
export const callbackStatuses = ['scheduled', 'dialing', 'completed', 'no_answer', 'failed', 'cancelled'] as const;
export type CallbackStatus = (typeof callbackStatuses)[number];

/** What happens to a callback. `release` gives it back what it was before the claim: nothing was placed. */
export type CallbackEvent =
  | 'claim'
  | 'move'
  | 'cancel'
  | 'expire'
  | 'refuse'
  | 'converse'
  | 'miss'
  | 'reject'
  | 'release'
  | 'supersede';

export type CallbackPhase = 'checking' | 'queued' | 'ringing' | 'on_call';

export type CancelledBy =
  | 'operator'
  | 'api'
  | 'caller'
  | 'caller_returned'
  | 'superseded'
  | 'do_not_call'
  | 'agent_policy';

/** Why a callback is Failed; `failureReason` says the same in a sentence. */
export type FailureCode =
  | 'missed'
  | 'outbound_off'
  | 'no_outbound_number'
  | 'invalid_number'
  | 'not_permitted'
  | 'country_not_allowed'
  | 'not_on_allowlist'
  | 'agent_missing'
  | 'bad_data'
  | 'attempts_used'
  | 'failed'
  | 'lost';

/** A moment at which one call may begin at a carrier, given to one callback. */
export interface PacedSlot {
  readonly carrier: string;
  /** The number of ours that it was given for, where that has a pace of its own. */
  readonly from?: string;
  /** Unix time, by the database's clock. */
  readonly atMs: number;
}

/** A Callback as the rooms pass it around. Times are instants in milliseconds precision. */
export interface Callback {
  readonly id: string;
  readonly status: CallbackStatus;
  readonly agentId: string;
  readonly conversationId: string;
  /** E.164 or `browser:…`. */
  readonly to: string;
  readonly toName: string | null;
  /** The number to dial from, as chosen at booking; the last look chooses again. */
  readonly from: string | null;
  readonly dueAt: Temporal.Instant;
  /** After it the callback is final. */
  readonly expiresAt: Temporal.Instant;
  /** The zone in which the person meant the time. */
  readonly timeZone: string;
  /** True if the person (or the API) named `timeZone`; then it stands alone for the calling hours. */
  readonly timeZoneNamed: boolean;
  /** The time outside the calling hours that was honoured, confirmed or overridden; null where none was. */
  readonly hoursWaivedFor: Temporal.Instant | null;
  readonly reason: string;
  /** Settled counted attempts. */
  readonly attemptsMade: number;
  /** What the agent allowed when it was booked, moved, or last attempted. */
  readonly maxAttempts: number;
  /** The next planned dial, equal to its timer's time; null while Dialing or final. */
  readonly nextAttemptAt: Temporal.Instant | null;
  /** Its turn at a carrier whose calls per second are limited; of no worth once `nextAttemptAt` is another time. */
  readonly slot?: PacedSlot | null;
  /** The attempt in flight, while Dialing. */
  readonly currentAttemptId: string | null;
  /** Earlier releases without a placed call in a row, for the backoff. */
  readonly releases: number;
  readonly originCallId: string | null;
  readonly failureCode: FailureCode | null;
  readonly failureReason: string | null;
  readonly warning: string | null;
  readonly cancelledBy: CancelledBy | null;
  /** An operator asked to hang up while it was unknown whether the carrier placed the call. */
  readonly hangupRequested: boolean;
  /** When `reason` and `toName` were erased for their age; absent in one that is not stored yet. */
  readonly purgedAt?: Temporal.Instant | null;
  readonly createdAt: Temporal.Instant;
  readonly updatedAt: Temporal.Instant;
}
