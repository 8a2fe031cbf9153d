import type { Database, Transaction } from './database.ts';
import { event } from './schema.ts';

/** The channel on which is said, after a commit, that there are new events. */
export const EVENT_CHANNEL = 'ringback_events';

/** A change that every replica's consoles are to hear of. */
export type Change =
  | { readonly type: 'callback.changed' | 'call.changed'; readonly subjectId: string }
  | { readonly type: 'call.turn'; readonly subjectId: string; readonly turnIndex: number };

/**
 * Runs `work` in one transaction (again after a conflict). What it tells stands in the event table with the commit, and
 * the hint goes out after it and outside of it, so that it never holds up a commit. A lost hint costs a moment, no event.
 */
export async function transactTelling<T>(
  database: Database,
  onLostHint: (error: unknown) => void,
  work: (orm: Transaction, tell: (change: Change) => void) => Promise<T>,
): Promise<T> {
  let newest: number | undefined;
  const result = await database.transaction(async (orm) => {
    const changes: Change[] = [];
    newest = undefined;
    const value = await work(orm, (change) => void changes.push(change));
    if (changes.length > 0) {
      const rows = await orm.insert(event).values(changes).returning({ id: event.id });
      newest = rows.at(-1)?.id;
    }
    return value;
  });
  if (newest !== undefined) void database.notify(EVENT_CHANNEL, String(newest)).catch(onLostHint);
  return result;
}
