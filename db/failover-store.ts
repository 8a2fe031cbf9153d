import { and, asc, gt, inArray, isNotNull, sql } from 'drizzle-orm';
import type { Callback } from '../src/domain/callback.ts';
import type { Database } from './database.ts';
import { callback, timer } from './schema.ts';

/** A callback that is held back is put off by half a minute at most: it is still one whose time has come. */
const PUT_OFF_MS = 60_000;

/**
 * Open callbacks that may have been dialled just now, in the order of their ids: their next dial is due, or is put off
 * for a moment, or the promised time was since `since` and something has moved them.
 */
export function mayHaveBeenDialled(
  database: Pick<Database, 'orm'>,
  query: { since: Temporal.Instant; afterId: string | null; limit: number },
): Promise<Callback[]> {
  const since = query.since.subtract({ milliseconds: PUT_OFF_MS }).toString();
  const soon = sql`now() + ${PUT_OFF_MS}::float8 * interval '1 ms'`;
  return database.orm
    .select()
    .from(callback)
    .where(
      and(
        sql`${callback.id} in (
          select ${timer.id} from ${timer} where ${timer.kind} = 'dial' and ${timer.fireAt} <= ${soon}
          union select ${callback.id} from ${callback} where ${callback.dueAt} between ${since}::timestamptz and ${soon})`,
        inArray(callback.status, ['scheduled', 'no_answer']),
        isNotNull(callback.nextAttemptAt),
        query.afterId === null ? undefined : gt(callback.id, query.afterId),
      ),
    )
    .orderBy(asc(callback.id))
    .limit(query.limit);
}
