import { desc, eq, lt } from 'drizzle-orm';
import type { Database, Transaction } from './database.ts';
import { doNotCall } from './schema.ts';

/** A number that is never dialled. */
export interface DoNotCallEntry {
  readonly id: string;
  /** E.164. */
  readonly number: string;
  readonly reason: string;
  readonly createdAt: Temporal.Instant;
}

/** Up to `limit` entries, the newest first; `afterId` is the last one of the page before. */
export function listDoNotCall(
  database: Database,
  page: { limit: number; afterId?: string | undefined },
): Promise<DoNotCallEntry[]> {
  return database.orm
    .select()
    .from(doNotCall)
    .where(page.afterId === undefined ? undefined : lt(doNotCall.id, page.afterId))
    .orderBy(desc(doNotCall.id))
    .limit(page.limit);
}

/** The entry of a number as it is stored. */
export async function findDoNotCall(database: Database, number: string): Promise<DoNotCallEntry | undefined> {
  const [row] = await database.orm.select().from(doNotCall).where(eq(doNotCall.number, number));
  return row;
}

/** Takes an entry off the list; returns its number, or undefined where there is none. */
export async function deleteDoNotCall(orm: Transaction, id: string): Promise<string | undefined> {
  const [row] = await orm.delete(doNotCall).where(eq(doNotCall.id, id)).returning({ number: doNotCall.number });
  return row?.number;
}
