import type { BegunDial } from './callback-store.ts';
import { runText, type Transaction } from './orm.ts';
import { attempt } from './schema.ts';
import { jsonRows } from './table-rows.ts';

const attempts = jsonRows(attempt, [
  'id',
  'callbackId',
  'number',
  'carrier',
  'from',
  'to',
  'callId',
  'ownerId',
  'ownerEpoch',
  'machineDetection',
  'startedAt',
]);

// What is not named is as in every dial that begins. The times are those of the rows that the claim has locked.
const BEGIN_DIALS = `
  with came as (
    insert into attempt (${attempts.columns}, status) select ${attempts.columns}, 'sending' from ${attempts.from(1)}
    on conflict do nothing returning id, callback_id, from_number
  ), mine as (
    select c.id, c.next_attempt_at, came.id as attempt_id, came.from_number from came join callback c on c.id = came.callback_id
  ), changed as (
    update callback as c set status = 'dialing', current_attempt_id = mine.attempt_id, next_attempt_at = null,
      slot = null, from_number = mine.from_number, warning = null, updated_at = $2::timestamptz
    from mine where c.id = mine.id and c.status in ('scheduled', 'no_answer') returning c.id
  ), gone as (
    delete from timer t using mine where t.fire_at = mine.next_attempt_at and t.id = mine.id
  )
  select (select coalesce(json_agg(id), '[]')::text from came) as came, (select count(*)::int from changed) as changed`;

/**
 * Inserts the attempts, and makes their callbacks Dialing with nothing planned. Those are left out whose person another
 * attempt is on its way to.
 */
export async function beginDials(
  orm: Transaction,
  begun: readonly BegunDial[],
  now: Temporal.Instant,
): Promise<string[]> {
  if (begun.length === 0) return [];
  const values = [attempts.of(begun.map((one) => one.attempt)), now.toString()];
  const [row] = await runText<{ came: string; changed: number }>(orm, BEGIN_DIALS, values);
  const came = JSON.parse(row?.came ?? '[]') as string[];
  if (row?.changed !== came.length) throw new Error('a callback changed under its lock');
  return came;
}
