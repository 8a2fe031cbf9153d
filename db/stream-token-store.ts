import { createHash, randomBytes } from 'node:crypto';
import { and, eq, gt, isNull, lt, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { streamToken } from './schema.ts';

/** How long a carrier may take to open the stream. */
const LIVES_MS = 60_000;

/** A new single-use token for the media stream of a call. Only its hash is kept. */
export async function issueStreamToken(database: Database, callId: string): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await database.orm.delete(streamToken).where(lt(streamToken.expiresAt, sql`now() - interval '1 hour'`));
  await database.orm
    .insert(streamToken)
    .values({ hash: hashOf(token), callId, expiresAt: sql`now() + ${LIVES_MS} * interval '1 millisecond'` });
  return token;
}

/** The call that a token belongs to, for exactly one of those who present it in time; undefined for all others. */
export async function useStreamToken(database: Database, token: string): Promise<string | undefined> {
  const [used] = await database.orm
    .update(streamToken)
    .set({ usedAt: sql`now()` })
    .where(and(eq(streamToken.hash, hashOf(token)), isNull(streamToken.usedAt), gt(streamToken.expiresAt, sql`now()`)))
    .returning({ callId: streamToken.callId });
  return used?.callId;
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
