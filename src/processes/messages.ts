import { z } from 'zod';

/*
 * What a supervisor and the processes that it started say to each other, over Node's channel between parent and child.
 * `id` pairs a question with its answer.
 */

export const toSibling = z.discriminatedUnion('type', [
  /** First message: begin to work, as this one of them. */
  z.object({ type: z.literal('begin'), number: z.number(), printsLink: z.boolean() }),
  /** Take no new calls, let the live ones end, then end. */
  z.object({ type: z.literal('drain') }),
  /** End without waiting for calls. */
  z.object({ type: z.literal('hurry') }),
  /** Asks whether it still turns. */
  z.object({ type: z.literal('ping'), id: z.number() }),
  /** Asks for its own figures. */
  z.object({ type: z.literal('figures'), id: z.number() }),
  /** Null: there is no answer now. */
  z.object({ type: z.literal('answer'), id: z.number(), value: z.string().nullable() }),
]);
export type ToSibling = z.infer<typeof toSibling>;

export const fromSibling = z.discriminatedUnion('type', [
  /** First message: it listens to this channel. */
  z.object({ type: z.literal('hello') }),
  /** The URL of the database that the supervisor brings along, or the figures of all processes. */
  z.object({ type: z.literal('ask'), id: z.number(), what: z.enum(['database', 'figures']) }),
  z.object({ type: z.literal('pong'), id: z.number() }),
  z.object({ type: z.literal('figures'), id: z.number(), text: z.string() }),
  /** It can't go on, and would not when started again: a sentence for the operator. */
  z.object({ type: z.literal('failed'), fault: z.string() }),
]);
export type FromSibling = z.infer<typeof fromSibling>;
