import type { CallbackAttempt } from '../src/domain/attempt.ts';
import type { Call } from '../src/domain/call.ts';
import type { Callback } from '../src/domain/callback.ts';
import { runText, type Transaction } from './orm.ts';
import { attempt, call, callback } from './schema.ts';
import { rowParameters, tableRows } from './table-rows.ts';

/*
 * The statements of what became of a dial. A carrier answers many at one moment, so they are texts: building each of
 * them anew cost more than sending it.
 */

const attempts = tableRows(attempt);
const callbacks = tableRows(callback);

// Locked in the order of their names here; of one that had to be waited for, the newest version is given.
const LOCK = `
  select ${attempts.select('a')}, ${callbacks.select('c')}
  from attempt a join callback c on c.id = a.callback_id where a.id = $1 for update of c, a`;

/** Locks the attempt's callback, then the attempt. */
export async function lockAttempt(
  tx: Transaction,
  id: string,
): Promise<{ callback: Callback; attempt: CallbackAttempt } | undefined> {
  const [row] = await runText(tx, LOCK, [id]);
  return row && { attempt: attempts.read(row, 'a'), callback: callbacks.read(row, 'c') };
}

/** Changes a locked attempt; undefined where it is not as it was. */
export async function changeAttempt(
  tx: Transaction,
  old: CallbackAttempt,
  patch: Partial<CallbackAttempt>,
): Promise<CallbackAttempt | undefined> {
  const { text, values } = attempts.set(patch);
  const [row] = await runText(
    tx,
    `update attempt a set ${text} where a.id = $${values.length + 1} and a.status = $${values.length + 2}
     returning ${attempts.select('a')}`,
    [...values, old.id, old.status],
  );
  return row && attempts.read(row, 'a');
}

const calls = rowParameters(call);
// Evidence that comes after the end does not bring a call back to life, and what is known stays.
const UPSERT_CALL = `
  insert into call as known ${calls.into(1)}
  on conflict (id) do update set
    status = case when excluded.ended_at is null and known.ended_at is not null then known.status else excluded.status end,
    carrier_call_id = coalesce(known.carrier_call_id, excluded.carrier_call_id),
    answered_at = coalesce(known.answered_at, excluded.answered_at),
    ended_at = coalesce(known.ended_at, excluded.ended_at),
    end_reason = coalesce(known.end_reason, excluded.end_reason),
    updated_at = excluded.updated_at`;

/** Inserts the call of an attempt, or brings its status forward. */
export async function upsertCall(tx: Transaction, values: Call, now: Temporal.Instant): Promise<void> {
  await runText(tx, UPSERT_CALL, calls.of({ ...values, createdAt: now, updatedAt: now }));
}
