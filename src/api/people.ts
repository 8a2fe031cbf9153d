import { z } from 'zod';
import { words } from './common.ts';

export const personQuery = z.object({ number: words(64).trim().min(3) });
export const eraseInput = z.strictObject({ number: words(64).trim().min(3) }).meta({ id: 'ErasePerson' });

const count = z.number().int().min(0);

/** What is kept about whoever has a number. */
export const personWire = z
  .object({
    /** E.164, or a browser's line. */
    number: z.string(),
    calls: count,
    /** Of these calls, those whose words or recording are still there. */
    callsWithWords: count,
    recordings: count,
    callbacks: count,
    openCallbacks: count,
    liveCalls: count,
    onDoNotCall: z.boolean(),
  })
  .meta({ id: 'Person' });
export type PersonWire = z.infer<typeof personWire>;

/** What an erasure took away. */
export const erasedWire = z
  .object({
    calls: count,
    callbacks: count,
    /** Recordings erased from this replica's folder now; those in another's go within the hour. */
    recordings: count,
    cancelledCallbacks: count,
  })
  .meta({ id: 'Erased' });
export type ErasedWire = z.infer<typeof erasedWire>;
