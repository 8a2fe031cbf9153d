import { z } from 'zod';

/** What runs here, and which parts only stand in for real ones. */
export const systemWire = z
  .object({
    version: z.string(),
    /** The database's time now, so that a browser can tell how far its clock is off. */
    now: z.string(),
    /** An STT is configured, so that spoken words are understood. */
    speech: z.boolean(),
    outbound: z.object({ held: z.boolean(), heldReason: z.string().nullable() }),
    /** Parts that only stand in for real ones, each with a sentence that says so. */
    standIns: z.array(
      z.object({
        kind: z.enum(['carrier', 'stt', 'llm', 'tts', 'database']),
        name: z.string(),
        title: z.string(),
        notice: z.string(),
      }),
    ),
    /** Everything that can be plugged in, and which of it is in use. */
    vendors: z.array(
      z.object({
        kind: z.enum(['carrier', 'stt', 'llm', 'tts']),
        name: z.string(),
        title: z.string(),
        inUse: z.boolean(),
        standIn: z.boolean(),
        /** The names of its environment variables. */
        settings: z.array(z.string()),
      }),
    ),
  })
  .meta({ id: 'System' });
export type SystemWire = z.infer<typeof systemWire>;

export const toolWire = z
  .object({
    name: z.string(),
    setting: z.string(),
    title: z.string(),
    summary: z.string(),
    /** The agents that have it on. */
    agentIds: z.array(z.uuid()),
  })
  .meta({ id: 'Tool' });

export type ToolWire = z.infer<typeof toolWire>;
