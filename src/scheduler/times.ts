/** Everything that the scheduler waits for, in milliseconds. One object, so that a test can scale all of it. */
export interface SchedulerTimes {
  /** How often the lease is renewed, and how long it lasts in the database. */
  readonly heartbeatEveryMs: number;
  readonly leaseMs: number;
  /** The part of the lease for which it is acted upon, from 0 to 1. */
  readonly trustedShare: number;
  /** How often dead replicas and overdue timers are looked for. */
  readonly lookEveryMs: number;
  /** How late a timer has to be before a look takes it; those of the horizon are served by the wheel. */
  readonly overdueAfterMs: number;
  /** How far ahead timers are loaded, and how often that range is extended. */
  readonly horizonMs: number;
  readonly extendEveryMs: number;
  /** How far ahead of its time a callback is claimed, so that the intent is committed when the time comes. */
  readonly claimLeadMs: number;
  /** What the database grants beyond `claimLeadMs`: our picture of its clock is a little off. */
  readonly claimSlackMs: number;
  /**
   * How late a call may begin in its slot, where a carrier's calls per second are limited. It is paid for in pace: slots
   * are that much further apart, each second, so that lateness within it never makes a second too full.
   */
  readonly slotSlackMs: number;
  /** The request is written at most this long after the claim began; later it is not sent. */
  readonly sendWithinMs: number;
  /** How long the carrier may take to answer a dial, and how long it may then take to say so. */
  readonly dialTimeoutMs: number;
  readonly dialGraceMs: number;
  /** How long the carrier may take to answer a look-up or a hang-up. */
  readonly lookUpTimeoutMs: number;
  /**
   * The pauses between tries to store what the carrier said; after the last one the reconciler finds it out. None is
   * long: after an outage of the database, what could not be claimed in it waits for the end of such a pause.
   */
  readonly recordDelaysMs: readonly number[];
  /** When a carrier that did not answer a look-up is asked again: from, growing with the age of the attempt, to. */
  readonly silentFromMs: number;
  readonly silentToMs: number;
  /** How long a call may stay unheard of before it counts as over. Longer than any call can last. */
  readonly giveUpAfterMs: number;
  /** How long a request can be under way. Above it nobody knows what became of it, whoever sent it. */
  readonly staleSendingMs: number;
  /** How long a failing callback or attempt is left alone: from, doubling, to. */
  readonly failedFromMs: number;
  readonly failedToMs: number;
  /** How long an attempt is left alone that failed too often to be looked at. */
  readonly setAsideMs: number;
  /** How long a stop waits for what is under way. */
  readonly stopWithinMs: number;
}

export const defaultSchedulerTimes: SchedulerTimes = {
  heartbeatEveryMs: 2_000,
  leaseMs: 10_000,
  trustedShare: 0.7,
  lookEveryMs: 1_000,
  overdueAfterMs: 300,
  horizonMs: 60_000,
  extendEveryMs: 20_000,
  claimLeadMs: 20,
  claimSlackMs: 50,
  slotSlackMs: 20,
  sendWithinMs: 2_000,
  dialTimeoutMs: 8_000,
  dialGraceMs: 1_000,
  lookUpTimeoutMs: 5_000,
  recordDelaysMs: [0, 100, 300, 600, ...Array.from({ length: 12 }, () => 1_500)],
  silentFromMs: 5_000,
  silentToMs: 60_000,
  giveUpAfterMs: 86_400_000,
  staleSendingMs: 30_000,
  failedFromMs: 1_000,
  failedToMs: 60_000,
  setAsideMs: 3_600_000,
  stopWithinMs: 12_000,
};
