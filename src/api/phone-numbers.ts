import { z } from 'zod';
import { id, pageOf } from './common.ts';

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

const changes = z
  .strictObject({ agentId: id.nullable(), inboundEnabled: z.boolean(), outboundEnabled: z.boolean() })
  .partial();

/** `agentId` null: the default agent answers. */
export const phoneNumberPatch = changes.meta({ id: 'PhoneNumberPatch' });
export const phoneNumberInput = z
  .strictObject({ ...changes.shape, number: z.string().trim().min(3).max(40), carrier: z.string().min(1).max(40) })
  .meta({ id: 'NewPhoneNumber' });
