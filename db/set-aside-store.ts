import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { attempt, audit, callback, timer } from './schema.ts';
import { transactTelling } from './telling.ts';
import { uuidv7 } from './uuid.ts';

/**
 * Takes rows out of the way with which nothing can be done. Its statements name columns alone and read nothing into the
 * program, since what can't be read is just what is wrong with such a row.
 */
export interface SetAsideStore {
  /** A callback that can't be claimed is over: Failed, or a No answer that is final. */
  callback(id: string, reason: string): Promise<void>;
  /** An attempt that can't be looked at or settled is looked at again after `delayMs`; its callback says why. */
  attempt(id: string, reason: string, delayMs: number): Promise<void>;
  /** An attempt that could not be settled in all its time ends, and its callback with it. */
  giveUp(id: string, reason: string): Promise<void>;
}

export interface SetAsideStoreOptions {
  readonly database: Database;
  readonly onLostHint: (error: unknown) => void;
}

/** The store on Postgres. */
export function openSetAsideStore({ database, onLostHint }: SetAsideStoreOptions): SetAsideStore {
  return {
    callback: (id, reason) =>
      transactTelling(database, onLostHint, async (orm, tell) => {
        const rows = await orm.execute(sql`
          update ${callback} set status = case status when 'no_answer' then 'no_answer' else 'failed' end,
            failure_code = 'bad_data', failure_reason = ${reason}, warning = null, next_attempt_at = null, slot = null,
            due_at = ${finite('due_at')}, expires_at = ${finite('expires_at')}, updated_at = now()
          where id = ${id}::uuid and status in ('scheduled', 'no_answer') and next_attempt_at is not null returning id`);
        // The time that its timer has may be what is wrong with it.
        await orm.execute(sql`delete from ${timer} where id = ${id}::uuid`);
        if (rows.length === 0) return;
        await orm.insert(audit).values(entry('callback.set_aside', 'callback', id));
        tell({ type: 'callback.changed', subjectId: id });
      }),

    attempt: (id, reason, delayMs) =>
      transactTelling(database, onLostHint, async (orm, tell) => {
        const [row] = await orm.execute<{ callback: string }>(sql`
          update ${attempt} set check_at = date_trunc('milliseconds', now()) + ${delayMs}::float8 * interval '1 ms',
            status = case status when 'sending' then 'unknown' else status end
          where id = ${id}::uuid and status <> 'ended' returning callback_id as callback`);
        await orm.execute(sql`delete from ${timer} where id = ${id}::uuid`);
        if (row === undefined) return;
        await orm.execute(sql`
          insert into ${timer} (fire_at, id, kind) select check_at, id, 'check' from ${attempt} where id = ${id}::uuid`);
        await orm.execute(sql`
          update ${callback} set warning = ${reason}, updated_at = now()
          where id = ${row.callback}::uuid and current_attempt_id = ${id}::uuid`);
        tell({ type: 'callback.changed', subjectId: row.callback });
      }),

    giveUp: (id, reason) =>
      transactTelling(database, onLostHint, async (orm, tell) => {
        const [row] = await orm.execute<{ callback: string }>(sql`
          update ${attempt} set status = 'ended', counted = true, detail = ${reason}, check_at = null,
            ended_at = coalesce(ended_at, now()),
            outcome = case when opening_at is not null then 'completed' when carrier_call_id is null then 'lost' else 'failed' end
          where id = ${id}::uuid and status <> 'ended' returning callback_id as callback`);
        await orm.execute(sql`delete from ${timer} where id = ${id}::uuid`);
        if (row === undefined) return;
        await orm.execute(sql`
          update ${callback} as c set current_attempt_id = null, warning = null, attempts_made = c.attempts_made + 1,
            status = case when a.outcome = 'completed' then 'completed' else 'failed' end,
            failure_code = case when a.outcome = 'completed' then null else 'bad_data' end,
            failure_reason = case when a.outcome = 'completed' then null else ${reason} end, updated_at = now()
          from ${attempt} as a where a.id = ${id}::uuid and c.id = a.callback_id and c.current_attempt_id = a.id`);
        await orm.insert(audit).values(entry('callback.given_up', 'callback', row.callback));
        tell({ type: 'callback.changed', subjectId: row.callback });
      }),
  };
}

/** A time without end can't be shown, and would keep whole lists from being shown. */
function finite(column: string) {
  return sql.raw(`case when isfinite(${column}) then ${column} else now() end`);
}

function entry(action: string, subjectType: string, subjectId: string) {
  return { id: uuidv7(), actor: 'gateway', action, subjectType, subjectId };
}
