import { asc, gt, lt, max, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { event } from './schema.ts';

export type StoredEvent = typeof event.$inferSelect;

/** Up to `limit` events with an id above `afterId`, in order. */
export async function eventsAfter(database: Database, afterId: number, limit: number): Promise<StoredEvent[]> {
  return database.orm.select().from(event).where(gt(event.id, afterId)).orderBy(asc(event.id)).limit(limit);
}

/** The newest event's id, and the oldest that is still kept; 0 where there are none. */
export async function eventBounds(database: Database): Promise<{ oldest: number; newest: number }> {
  const [row] = await database.orm
    .select({ newest: max(event.id), oldest: sql<string | null>`min(${event.id})` })
    .from(event);
  return { oldest: Number(row?.oldest ?? 0), newest: row?.newest ?? 0 };
}

/** Forgets events older than `keepMs`. */
export async function forgetEvents(database: Database, keepMs: number): Promise<void> {
  await database.orm.delete(event).where(lt(event.createdAt, sql`now() - ${keepMs} * interval '1 millisecond'`));
}
