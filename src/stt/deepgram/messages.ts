import { z } from 'zod';

const results = z.object({
  type: z.literal('Results'),
  /** Seconds since the first audio of this connection. */
  start: z.number().min(0),
  duration: z.number().min(0),
  is_final: z.boolean(),
  speech_final: z.boolean().default(false),
  from_finalize: z.boolean().default(false),
  channel: z.object({ alternatives: z.array(z.object({ transcript: z.string() })) }),
});

const message = z.discriminatedUnion('type', [
  results,
  z.object({ type: z.literal('SpeechStarted') }),
  z.object({ type: z.literal('UtteranceEnd') }),
]);

/** What Deepgram says on a live transcription, as far as it is used. */
export type ListenMessage = z.infer<typeof message>;
export type Results = z.infer<typeof results>;

/** Undefined for what is not used, not known or not understood: such a message changes nothing. */
export function readMessage(raw: unknown): ListenMessage | undefined {
  const parsed = message.safeParse(raw);
  return parsed.success ? parsed.data : undefined;
}
