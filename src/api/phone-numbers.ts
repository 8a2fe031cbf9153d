import { z } from 'zod';
import { id, pageOf, pageQuery } from './common.ts';

export const phoneNumberWire = z
  .object({
    id,
    number: z.string(),
    carrier: z.string(),
    agentId: id.nullable(),
    inboundEnabled: z.boolean(),
    outboundEnabled: z.boolean(),
    builtIn: z.boolean(),
  })
  .meta({ id: 'PhoneNumber' });
export type PhoneNumberWire = z.infer<typeof phoneNumberWire>;
export const phoneNumberPage = pageOf(phoneNumberWire);
export const phoneNumberQuery = z.object(pageQuery);
