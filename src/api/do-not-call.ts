import { z } from 'zod';
import { id, pageOf, time, wireTime, words } from './common.ts';

export const doNotCallWire = z
  .object({ id, number: z.string(), reason: z.string(), createdAt: time })
  .meta({ id: 'DoNotCallEntry' });
export type DoNotCallWire = z.infer<typeof doNotCallWire>;
export const doNotCallPage = pageOf(doNotCallWire);

export const doNotCallInput = z
  .strictObject({ number: z.string().trim().min(3).max(40), reason: words(500).trim().default('') })
  .meta({ id: 'NewDoNotCallEntry' });

/** The entry, and how many open callbacks it ended. */
export const doNotCallAdded = z
  .object({ ...doNotCallWire.shape, cancelledCallbacks: z.number().int() })
  .meta({ id: 'DoNotCallAdded' });

/** An entry as the API shows it. */
export function doNotCallToWire(entry: {
  readonly id: string;
  readonly number: string;
  readonly reason: string;
  readonly createdAt: Temporal.Instant;
}): DoNotCallWire {
  return { id: entry.id, number: entry.number, reason: entry.reason, createdAt: wireTime(entry.createdAt) };
}
