import { and, desc, eq, or, sql } from 'drizzle-orm';
import type { Callback } from '../src/domain/callback.ts';
import type { Database } from './database.ts';
import { attempt, callback } from './schema.ts';

/**
 * The promise that an inbound call of this person belongs to: one that is open or being dialled, or whose last dial was
 * within a day; the open one first. Undefined where there is none: the call begins a conversation of its own.
 */
export async function findPromiseOf(
  database: Database,
  who: { agentId: string; person: string },
): Promise<Callback | undefined> {
  const open = sql`(${callback.status} = 'dialing' or ${callback.nextAttemptAt} is not null)`;
  const dialledLately = sql`exists (select 1 from ${attempt} where ${attempt.callbackId} = ${callback.id} and ${attempt.startedAt} > now() - interval '24 hours')`;
  const [row] = await database.orm
    .select()
    .from(callback)
    .where(and(eq(callback.agentId, who.agentId), eq(callback.to, who.person), or(open, dialledLately)))
    .orderBy(desc(open), desc(callback.updatedAt))
    .limit(1);
  return row;
}
