import type { Database, Later, Transaction } from './database.ts';
import { runText } from './orm.ts';

/** The channel on which is said, after a commit, that there are new events. */
export const EVENT_CHANNEL = 'ringback_events';

/** A change that every replica's consoles are to hear of. */
export type Change =
  | { readonly type: 'callback.changed' | 'call.changed'; readonly subjectId: string }
  | { readonly type: 'call.turn'; readonly subjectId: string; readonly turnIndex: number };

const TELL = `
  insert into event (type, subject_id, turn_index)
  select type, "subjectId", "turnIndex"
  from jsonb_to_recordset($1::jsonb) as r (type text, "subjectId" uuid, "turnIndex" integer)`;

/**
 * Runs `work` in one transaction (again after a conflict). What it tells stands in the event table with the commit, and
 * the hint goes out after it and outside of it, so that it never holds up a commit. A lost hint costs a moment, no event.
 * `later`: see `Database.transaction`.
 */
export async function transactTelling<T>(
  database: Database,
  onLostHint: (error: unknown) => void,
  work: (orm: Transaction, tell: (change: Change) => void, later: Later) => Promise<T>,
): Promise<T> {
  let told = false;
  const result = await database.transaction(async (orm, later) => {
    const changes: Change[] = [];
    const value = await work(orm, (change) => void changes.push(change), later);
    told = changes.length > 0;
    if (told) later(runText(orm, TELL, [JSON.stringify(changes)]));
    return value;
  });
  if (told) void database.hint(EVENT_CHANNEL, 'new').catch(onLostHint);
  return result;
}
