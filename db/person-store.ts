import { sql } from 'drizzle-orm';
import type { Database, Transaction } from './database.ts';
import { transactTelling } from './telling.ts';

/** What is kept about whoever has a number. */
export interface PersonTraces {
  readonly calls: number;
  readonly callsWithWords: number;
  readonly recordings: number;
  readonly callbacks: number;
  readonly openCallbacks: number;
  /** Going on, or so fresh that something of it may still be written. */
  readonly liveCalls: number;
  readonly onDoNotCall: boolean;
}

/** A summary may still be written this long after the end of a call. */
const FRESH = sql`interval '60 seconds'`;

/** What there is of the person with this number, counted; nothing of what they said. */
export async function tracesOf(orm: Pick<Transaction, 'execute'>, number: string): Promise<PersonTraces> {
  const [row] = await orm.execute<PersonTraces & Record<string, unknown>>(sql`
    select
      c.calls, c."callsWithWords", c.recordings, c."liveCalls", b.callbacks, b."openCallbacks",
      exists (select 1 from do_not_call where number = ${number}) as "onDoNotCall"
    from (
      select count(*)::int as calls,
        (count(*) filter (where purged_at is null))::int as "callsWithWords",
        (count(*) filter (where recording_file is not null))::int as recordings,
        (count(*) filter (where ended_at is null or ended_at > now() - ${FRESH}))::int as "liveCalls"
      from call where from_number = ${number} or to_number = ${number}
    ) c, (
      select count(*)::int as callbacks,
        (count(*) filter (where status = 'dialing' or next_attempt_at is not null))::int as "openCallbacks"
      from callback where to_number = ${number}
    ) b`);
  if (row === undefined) throw new Error('a count without a row');
  return row;
}

/** Whether this is a number of ours: it stands in everybody's calls. */
export async function isOurs(database: Pick<Database, 'sql'>, number: string): Promise<boolean> {
  const rows = await database.sql`select 1 as ours from phone_number where number = ${number}`;
  return rows.length > 0;
}

/** The promises to this person that are not over. */
export async function openCallbacksTo(database: Pick<Database, 'sql'>, number: string): Promise<string[]> {
  const rows = await database.sql<{ id: string }[]>`
    select id from callback where to_number = ${number} and (status = 'dialing' or next_attempt_at is not null)`;
  return rows.map(({ id }) => id);
}

/**
 * Takes away what a person said and what was noted about them: turns, summaries, names of recordings, reasons, their
 * name. Rows stay, since the ledger and the caps count them. `check` looks first, in the same transaction, and may throw.
 * Returns the calls and callbacks that lost their words.
 */
export function erasePerson(
  database: Database,
  number: string,
  options: {
    onLostHint: (error: unknown) => void;
    check: (traces: PersonTraces) => void;
    note: (orm: Transaction, erased: { calls: number; callbacks: number }) => Promise<void>;
  },
): Promise<{ callIds: string[]; callbacks: number }> {
  return transactTelling(database, options.onLostHint, async (orm, tell) => {
    options.check(await tracesOf(orm, number));
    const calls = await orm.execute<{ id: string }>(sql`
      with theirs as (
        select id from call where (from_number = ${number} or to_number = ${number}) and ended_at is not null for update
      ), words as (delete from turn using theirs where turn.call_id = theirs.id)
      update call set summary = null, recording = 'none', recording_file = null, recording_replica_id = null,
        purged_at = coalesce(purged_at, clock_timestamp())
      from theirs where call.id = theirs.id returning call.id`);
    const callbacks = await orm.execute<{ id: string }>(sql`
      update callback set reason = '', to_name = null, purged_at = coalesce(purged_at, clock_timestamp())
      where to_number = ${number} and status <> 'dialing' and next_attempt_at is null returning id`);
    for (const { id } of calls) tell({ type: 'call.changed', subjectId: id });
    for (const { id } of callbacks) tell({ type: 'callback.changed', subjectId: id });
    const callIds = [...calls].map(({ id }) => id);
    await options.note(orm, { calls: callIds.length, callbacks: callbacks.length });
    return { callIds, callbacks: callbacks.length };
  });
}
