import { z } from 'zod';

const word = z.object({
  word: z.string(),
  /** Seconds since the first audio of this connection. */
  start: z.number().min(0).optional(),
  end: z.number().min(0).optional(),
});

const turnInfo = z.object({
  type: z.literal('TurnInfo'),
  /** Counts every message of a connection. */
  sequence_id: z.number(),
  event: z.enum(['Update', 'StartOfTurn', 'EagerEndOfTurn', 'TurnResumed', 'EndOfTurn']),
  turn_index: z.number(),
  /** Seconds since the first audio of this connection, to where it has listened. */
  audio_window_end: z.number().min(0),
  /** All of the turn so far. */
  transcript: z.string(),
  words: z.array(word).default([]),
});

const message = z.discriminatedUnion('type', [
  turnInfo,
  z.object({ type: z.literal('Connected') }),
  // The socket is closed after it; the loss is told by that.
  z.object({ type: z.literal('Error') }),
]);

/** What a Flux model says, as far as it is used. (developers.deepgram.com/docs/flux/state) */
export type FluxMessage = z.infer<typeof message>;
export type TurnInfo = z.infer<typeof turnInfo>;

/** Undefined for what is not used, not known or not understood: such a message changes nothing. */
export function readMessage(raw: unknown): FluxMessage | undefined {
  const parsed = message.safeParse(raw);
  return parsed.success ? parsed.data : undefined;
}
