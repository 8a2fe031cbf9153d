import { inArray, sql } from 'drizzle-orm';
import type { Database, Transaction } from './database.ts';
import { call } from './schema.ts';
import { transactTelling } from './telling.ts';

/** What one batch erased: rows that keep their times and states and lose their words. */
export interface PurgedBatch {
  readonly calls: number;
  readonly callbacks: number;
  /** Results of deliveries that may come twice, past their time. */
  readonly keys: number;
}

/** Any replica may erase, one at a time: held for one transaction. */
const PURGE_LOCK = 7_302_114_001;

/**
 * Erases the words of up to `most` calls and callbacks that were over `olderThanMs` ago. Rows stay, since the ledger and
 * the caps count them: a call loses its turns, its summary and the name of its recording, a callback its reason and the
 * person's name. A conversation with an open promise is left whole, however old it is. Undefined where another replica
 * is at it.
 */
export function purgeBatch(
  database: Database,
  options: { olderThanMs: number; most: number; onLostHint: (error: unknown) => void },
): Promise<PurgedBatch | undefined> {
  const { olderThanMs, most } = options;
  return transactTelling(database, options.onLostHint, async (orm, tell) => {
    const [lock] = await orm.execute<{ mine: boolean }>(sql`select pg_try_advisory_xact_lock(${PURGE_LOCK}) as mine`);
    if (lock?.mine !== true) return undefined;
    const before = sql`now() - ${olderThanMs}::float8 * interval '1 ms'`;
    const calls = await orm.execute<{ id: string }>(sql`
      with old as (
        select id from call
        where purged_at is null and ended_at is not null and ended_at < ${before} and ${nothingOpen(sql`call.conversation_id`)}
        order by ended_at limit ${most}::int for update skip locked
      ), words as (delete from turn using old where turn.call_id = old.id)
      update call set summary = null, recording = 'none', recording_file = null, recording_replica_id = null,
        purged_at = clock_timestamp()
      from old where call.id = old.id returning call.id`);
    const callbacks = await orm.execute<{ id: string }>(sql`
      with old as (
        select id from callback
        where purged_at is null and status <> 'scheduled' and status <> 'dialing' and next_attempt_at is null
          and updated_at < ${before} and due_at < ${before} and ${nothingOpen(sql`callback.conversation_id`)}
        order by updated_at limit ${most}::int for update skip locked
      )
      update callback set reason = '', to_name = null, purged_at = clock_timestamp()
      from old where callback.id = old.id returning callback.id`);
    for (const { id } of calls) tell({ type: 'call.changed', subjectId: id });
    for (const { id } of callbacks) tell({ type: 'callback.changed', subjectId: id });
    return { calls: calls.length, callbacks: callbacks.length, keys: await forgetKeys(orm, most) };
  });
}

/** Of these calls those that are still known, and whether their words were erased. Ids that are none are left out. */
export async function purgedAmong(
  database: Pick<Database, 'orm'>,
  ids: readonly string[],
): Promise<Map<string, { purged: boolean }>> {
  const proper = ids.filter((id) => UUID.test(id));
  if (proper.length === 0) return new Map();
  const rows = await database.orm
    .select({ id: call.id, purgedAt: call.purgedAt })
    .from(call)
    .where(inArray(call.id, proper));
  return new Map(rows.map(({ id, purgedAt }) => [id, { purged: purgedAt !== null }]));
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** No promise of this conversation waits or is being dialled: its earlier words are needed no more. */
function nothingOpen(conversationId: ReturnType<typeof sql>) {
  return sql`not exists (select 1 from callback open where open.conversation_id = ${conversationId}
    and (open.status in ('scheduled', 'dialing') or open.next_attempt_at is not null))`;
}

async function forgetKeys(orm: Transaction, most: number): Promise<number> {
  const gone = await orm.execute(sql`
    delete from idempotency_key where key in (select key from idempotency_key where expires_at < now() limit ${most}::int)
    returning key`);
  return gone.length;
}
