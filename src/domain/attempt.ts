/** A CallbackAttempt: one request to the carrier (or one last look that ended the callback for good). */
export const attemptStatuses = ['sending', 'unknown', 'placed', 'ringing', 'answered', 'ended'] as const;
export type AttemptStatus = (typeof attemptStatuses)[number];

export const attemptOutcomes = [
  'completed',
  'no_answer',
  'busy',
  'rejected',
  'machine',
  'invalid_number',
  'not_permitted',
  'account_fault',
  'not_placed',
  'lost',
  'failed',
  'blocked',
] as const;
export type AttemptOutcome = (typeof attemptOutcomes)[number];

/** What answering-machine detection said. `unknown` counts as a person. */
export type MachineVerdict = 'human' | 'machine' | 'fax' | 'unknown';

export interface CallbackAttempt {
  readonly id: string;
  readonly callbackId: string;
  /** 1, 2, … within its callback. */
  readonly number: number;
  readonly status: AttemptStatus;
  readonly outcome: AttemptOutcome | null;
  /** Whether it counts against the limit. */
  readonly counted: boolean;
  /** In plain words what happened; never a caller's words. */
  readonly detail: string | null;
  readonly carrier: string;
  readonly from: string;
  readonly to: string;
  /** The call's id, chosen with the intent; its row exists once there is evidence of a call. */
  readonly callId: string;
  readonly carrierCallId: string | null;
  /** Who committed the intent, and under which epoch. */
  readonly ownerId: string;
  readonly ownerEpoch: number;
  readonly machineDetection: boolean;
  readonly machineVerdict: MachineVerdict | null;
  /** When the intent was committed. */
  readonly startedAt: Temporal.Instant;
  readonly answeredAt: Temporal.Instant | null;
  /** When the agent's opening began to play to them. */
  readonly openingAt: Temporal.Instant | null;
  readonly endedAt: Temporal.Instant | null;
  /** When the reconciler looks at it next; null when ended. */
  readonly checkAt: Temporal.Instant | null;
  /** Reconciling look-ups made with a successful answer. */
  readonly checks: number;
}
