import { and, desc, eq, ne, or, sql } from 'drizzle-orm';
import type { Callback } from '../src/domain/callback.ts';
import type { Database } from './database.ts';
import { attempt, callback } from './schema.ts';

/** A look that ended it, and a request that the carrier did not take, rang nobody. */
const wasDialled = sql`(${attempt.outcome} is null or ${attempt.outcome} not in ('blocked', 'not_placed', 'account_fault'))`;

/**
 * The promise that an inbound call of this person belongs to: one that is open or being dialled, or whose last dial was
 * within a day; the open one first. Undefined where there is none: the call begins a conversation of its own.
 */
export async function findPromiseOf(
  database: Database,
  who: { agentId: string; person: string },
): Promise<Callback | undefined> {
  const open = sql`(${callback.status} = 'dialing' or ${callback.nextAttemptAt} is not null)`;
  const dialledLately = sql`exists (select 1 from ${attempt} where ${attempt.callbackId} = ${callback.id}
    and ${attempt.startedAt} > now() - interval '24 hours' and ${wasDialled})`;
  const [row] = await database.orm
    .select()
    .from(callback)
    .where(and(eq(callback.agentId, who.agentId), eq(callback.to, who.person), or(open, dialledLately)))
    .orderBy(desc(open), desc(callback.updatedAt))
    .limit(1);
  return row;
}

/** When a callback was first dialled since it was booked or last moved; undefined where it was not yet. */
export async function findFirstDial(
  database: Database,
  promise: Pick<Callback, 'id' | 'status' | 'attemptsMade'>,
): Promise<Temporal.Instant | undefined> {
  const dials = promise.attemptsMade + (promise.status === 'dialing' ? 1 : 0);
  if (dials === 0) return undefined;
  const rows = await database.orm
    .select({ startedAt: attempt.startedAt })
    .from(attempt)
    .where(and(eq(attempt.callbackId, promise.id), or(attempt.counted, ne(attempt.status, 'ended'))))
    .orderBy(desc(attempt.number))
    .limit(dials);
  return rows.at(-1)?.startedAt;
}
