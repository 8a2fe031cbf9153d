import type { Sql } from 'postgres';

/** Rows of one statement. */
const CHUNK = 100_000;

/**
 * Sets `count` promises, each to a person of its own, one due each `everyMs` from `fromMs` on. The rows are made by the
 * server itself, so that a million takes a minute.
 */
export async function insertMany(sql: Sql, count: number, fromMs: number, everyMs: number): Promise<void> {
  for (let from = 0; from < count; from += CHUNK) {
    const to = Math.min(count, from + CHUNK) - 1;
    await sql`
      with wish as materialized (
        select gen_random_uuid() as id, gen_random_uuid() as talk, 'browser:many' || lpad(n::text, 12, '0') as person,
          to_timestamp(floor(${fromMs}::float8 + n * ${everyMs}::float8) / 1000.0) as at
        from generate_series(${from}::int, ${to}::int) as n
      ), talks as (
        insert into conversation (id, agent_id, person) select talk, a.id, person from wish, agent a where a.is_default
      ), promises as (
        insert into callback (id, status, agent_id, conversation_id, to_number, from_number, due_at, expires_at,
          time_zone, time_zone_named, reason, max_attempts, next_attempt_at)
        select wish.id, 'scheduled', a.id, talk, person, n.number, at, at + interval '1 day', 'Europe/Berlin', true,
          'the bench', 3, at from wish, agent a, phone_number n where a.is_default and n.carrier = 'fake'
      )
      insert into timer (fire_at, id, kind) select at, id, 'dial' from wish`;
  }
  await sql`analyze`;
}
