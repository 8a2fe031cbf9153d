import type { AttemptOutcome } from './attempt.ts';

/** What became of a promise. Each booking is in exactly one class. */
export const promiseClasses = ['kept', 'late', 'broken', 'open', 'cancelled'] as const;
export type PromiseClass = (typeof promiseClasses)[number];

/**
 * The account of all promises: how many were booked, and what became of each.
 *
 * `kept`: the carrier was first asked at most 60 s after the due time. `late`: later than that. `broken`: over without
 * the carrier having been asked (expired, refused by the last look, or the request is known never to have arrived).
 * `cancelled`: called off before that. `open`: still to be kept. A promise that was moved counts by its new time.
 */
export interface Ledger {
  readonly bookings: number;
  /** They sum to `bookings`. */
  readonly promises: Readonly<Record<PromiseClass, number>>;
  /** Of the open ones: due more than 60 s ago, and not asked for yet. */
  readonly overdue: number;
  /** Since when the oldest attempt is under way; 0 where none is. Longer than any call: it is stuck. */
  readonly oldestInFlightSeconds: number;
  /** All attempts by what became of them. */
  readonly attempts: Readonly<Record<AttemptOutcome | 'in_flight', number>>;
}
