import { z } from 'zod';
import { time, words } from './common.ts';

export const outboundWire = z
  .object({
    held: z.boolean(),
    heldReason: z.string().nullable(),
    carriers: z.array(
      z.object({ name: z.string(), paused: z.boolean(), reason: z.string().nullable(), since: time.nullable() }),
    ),
  })
  .meta({ id: 'Outbound' });
export type OutboundWire = z.infer<typeof outboundWire>;

export const carrierParams = z.object({ name: z.string().max(40) });

/** Why nothing is to be dialled, in a sentence for the operators. */
export const holdInput = z.strictObject({ reason: words(300).trim().min(1, 'say why') }).meta({ id: 'HoldInput' });
