import { z } from 'zod';
import { attemptOutcomes } from '../domain/attempt.ts';
import { promiseClasses } from '../domain/ledger.ts';

const count = z.number().int().min(0);

export const ledgerWire = z
  .object({
    bookings: count,
    /** They sum to `bookings`. */
    promises: z.record(z.enum(promiseClasses), count),
    overdue: count,
    oldestInFlightSeconds: z.number().min(0),
    attempts: z.record(z.enum([...attemptOutcomes, 'in_flight']), count),
  })
  .meta({
    id: 'Ledger',
    description:
      'What became of every booking. kept: the carrier was asked at most 60 s after the due time; late: later; broken: over without a request; open: still to come; cancelled: called off before. The five sum to bookings. overdue: of the open ones, due more than 60 s ago. oldestInFlightSeconds: how long the oldest attempt is under way.',
  });
