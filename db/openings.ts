import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { attempt, callback } from './schema.ts';

/**
 * Writes that the agent's opening begins in the call of this attempt, in one statement, and says whether it may: only
 * while that call has not ended, its attempt is the one that its callback is dialling, and nobody wished to hang it up.
 *
 * Whoever settles the attempt holds its row, so that of the two one comes first: an attempt that was judged as one in
 * which nobody was spoken to is not spoken in any more, and one that was spoken in is not judged so. Told again it changes
 * nothing and answers anew: whoever did not hear the answer may ask again.
 */
export async function beginOpening(database: Database, attemptId: string): Promise<boolean> {
  const [row] = await database.orm.execute<{ id: string }>(sql`
    update ${attempt} as a set opening_at = coalesce(a.opening_at, date_trunc('milliseconds', now()))
    from ${callback} as c
    where a.id = ${attemptId} and a.status = 'answered' and a.ended_at is null
      and c.id = a.callback_id and c.current_attempt_id = a.id and not c.hangup_requested
    returning a.id`);
  return row !== undefined;
}
