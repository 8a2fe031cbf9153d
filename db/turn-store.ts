import type { Turn } from '../src/domain/call.ts';
import type { Database } from './database.ts';

/*
 * The statement that a live call sends most: several times for each turn. It is one journey, and no transaction.
 */

/**
 * Inserts or replaces a turn and tells of it; resolves with whether it was stored. `resumes`: see `CallRecords.saveTurn`.
 * The call is held while the statement runs, so that nobody claims it in between.
 */
export async function storeTurn(
  { sql }: Pick<Database, 'sql'>,
  callId: string,
  values: Turn,
  resumes: number,
): Promise<boolean> {
  const row = storable(JSON.stringify([rowOf(callId, values)]));
  const limit = Number.isFinite(resumes) ? resumes : null;
  const told = await sql`
    with held as (
      select ${limit}::int is not null and resumes > ${limit}::int and replica_id is not null as is_left
      from call where id = ${callId}::uuid for share
    ), said as (
      select r.* from jsonb_to_recordset(${row}::jsonb) as r (
        call_id uuid, turn_index integer, role text, text text, heard_text text, interrupted boolean,
        started_at timestamptz, ended_at timestamptz, tool_name text, tool_arguments jsonb, tool_result jsonb,
        latency jsonb)
    ), finished as (
      update turn t set role = said.role, text = said.text, heard_text = said.heard_text,
        interrupted = said.interrupted, ended_at = said.ended_at, tool_name = said.tool_name,
        tool_arguments = said.tool_arguments, tool_result = said.tool_result, latency = said.latency
      from said, held
      where held.is_left and t.call_id = said.call_id and t.turn_index = said.turn_index
        and t.started_at = said.started_at
      returning t.turn_index
    ), stored as (
      insert into turn (call_id, turn_index, role, text, heard_text, interrupted, started_at, ended_at, tool_name,
        tool_arguments, tool_result, latency)
      select said.call_id, said.turn_index, said.role, said.text, said.heard_text, said.interrupted, said.started_at,
        said.ended_at, said.tool_name, said.tool_arguments, said.tool_result, said.latency
      from said, held where not held.is_left
      on conflict (call_id, turn_index) do update set role = excluded.role, text = excluded.text,
        heard_text = excluded.heard_text, interrupted = excluded.interrupted, started_at = excluded.started_at,
        ended_at = excluded.ended_at, tool_name = excluded.tool_name, tool_arguments = excluded.tool_arguments,
        tool_result = excluded.tool_result, latency = excluded.latency
      returning turn_index
    )
    insert into event (type, subject_id, turn_index)
    select 'call.turn', ${callId}::uuid, turn_index from (select * from finished union all select * from stored) as one
    returning id`;
  return told.length > 0;
}

/** Under the names of its columns; times as they are stored, so that what is written and what is known of it compare equal. */
function rowOf(callId: string, turn: Turn): Readonly<Record<string, unknown>> {
  return {
    call_id: callId,
    turn_index: turn.index,
    role: turn.role,
    text: turn.text,
    heard_text: turn.heardText,
    interrupted: turn.interrupted,
    started_at: turn.startedAt.round('millisecond').toString(),
    ended_at: turn.endedAt?.round('millisecond').toString() ?? null,
    tool_name: turn.toolName,
    tool_arguments: turn.toolArguments ?? null,
    tool_result: turn.toolResult ?? null,
    latency: turn.latency,
  };
}

/** Half a surrogate pair and U+0000 are no text to Postgres; in JSON only those two are still written as escapes. */
function storable(json: string): string {
  return json.replaceAll(/(?<!\\)((?:\\\\)*)\\u(?:d[89a-f][\da-f]{2}|0000)/g, String.raw`$1\ufffd`);
}
