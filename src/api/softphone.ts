import { z } from 'zod';

/*
 * The wire of the softphone: one WebSocket per page on `GET /carriers/browser/media?line=<line>&zone=<IANA zone>`.
 * JSON in text messages, audio in binary ones: PCM16 little-endian, mono, 16 kHz, 20 ms (640 bytes) a message,
 * both ways, only while a call is connected. A page has at most one call. Both ends read this file.
 */

export const softphoneFormat = { encoding: 'pcm16', sampleRateHz: 16_000 } as const;

/** A browser profile's number: `browser:` and 8 to 32 letters or digits, kept in local storage. Never our own. */
export const softphoneLine = z.string().regex(/^browser:(?!ringback$)[a-z0-9]{8,32}$/);

export const softphoneRequest = z.discriminatedUnion('type', [
  /** Call an agent (the default one without `agentId`). Answered by `connecting` … `connected`, or by `ended`. */
  z.object({ type: z.literal('call'), agentId: z.uuid().optional() }),
  /** Answer or decline the ring of that id. */
  z.object({ type: z.literal('answer'), ringId: z.string().max(64) }),
  z.object({ type: z.literal('decline'), ringId: z.string().max(64) }),
  /** A turn, typed instead of spoken. */
  z.object({ type: z.literal('text'), text: z.string().trim().min(1).max(2000) }),
  /** They are writing a turn, and are not to be asked whether they are still there. At most each second or two. */
  z.object({ type: z.literal('typing') }),
  z.object({ type: z.literal('dtmf'), digit: z.string().regex(/^[0-9*#A-D]$/) }),
  /** Everything up to that mark has been played. */
  z.object({ type: z.literal('mark'), name: z.string().max(64) }),
  z.object({ type: z.literal('hangup') }),
]);
export type SoftphoneRequest = z.infer<typeof softphoneRequest>;

export const softphoneEvent = z.discriminatedUnion('type', [
  /** First message: the page is on line. */
  z.object({ type: z.literal('ready'), line: softphoneLine }),
  z.object({ type: z.literal('connecting') }),
  /** Audio flows; the transcript of `callId` comes over /api/v1/events (`call.turn`). */
  z.object({ type: z.literal('connected'), callId: z.string() }),
  /** A callback is due: ring. `expiresInMs` is how long it rings. */
  z.object({
    type: z.literal('ring'),
    ringId: z.string(),
    agentName: z.string(),
    topic: z.string(),
    expiresInMs: z.number(),
  }),
  /** Stop ringing. */
  z.object({
    type: z.literal('ring_ended'),
    ringId: z.string(),
    cause: z.enum(['answered', 'answered_elsewhere', 'declined', 'rang_out', 'cancelled']),
  }),
  /** Report (as `mark`) when everything sent before this has been played. */
  z.object({ type: z.literal('mark'), name: z.string() }),
  /** Drop what is buffered and not yet played; marks inside it are reported at once. */
  z.object({ type: z.literal('clear') }),
  z.object({
    type: z.literal('ended'),
    cause: z.enum(['hung_up', 'refused', 'lost']),
    message: z.string().nullable(),
  }),
  /** What was sent made no sense; the socket stays open (it is closed after 10 of these). */
  z.object({ type: z.literal('error'), message: z.string() }),
]);
export type SoftphoneEvent = z.infer<typeof softphoneEvent>;
