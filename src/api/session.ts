import { z } from 'zod';
import { id, time, wireTime } from './common.ts';

export const sessionInput = z
  .union([z.strictObject({ token: z.string().min(1).max(500) }), z.strictObject({ code: z.string().min(1).max(200) })])
  .meta({ id: 'SignIn' });
export const sessionOpened = z.object({ expiresAt: z.string() }).meta({ id: 'SessionOpened' });

export const sessionWire = z
  .object({
    id,
    /** The browser's own name, as it was at the sign-in. */
    userAgent: z.string(),
    createdAt: time,
    /** To the minute. */
    seenAt: time,
    expiresAt: time,
    /** The one that asks. */
    current: z.boolean(),
  })
  .meta({ id: 'Session' });
export type SessionWire = z.infer<typeof sessionWire>;
export const sessionPage = z.object({ items: z.array(sessionWire), nextCursor: z.null() });
export const sessionsRevoked = z.object({ revoked: z.number().int() }).meta({ id: 'SessionsRevoked' });

/** A session as the API shows it. */
export function sessionToWire(row: {
  readonly id: string;
  readonly userAgent: string;
  readonly createdAt: Temporal.Instant;
  readonly seenAt: Temporal.Instant;
  readonly expiresAt: Temporal.Instant;
  readonly current: boolean;
}): SessionWire {
  return {
    id: row.id,
    userAgent: row.userAgent,
    createdAt: wireTime(row.createdAt),
    seenAt: wireTime(row.seenAt),
    expiresAt: wireTime(row.expiresAt),
    current: row.current,
  };
}
