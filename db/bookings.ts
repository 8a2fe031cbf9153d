import type { OwnNumber } from '../src/domain/numbers.ts';
import type { AuditEntry, NewBooking } from './callback-store.ts';
import { runText, type Transaction } from './orm.ts';
import { audit, callback } from './schema.ts';
import { rowParameters } from './table-rows.ts';
import { uuidv7 } from './uuid.ts';

/*
 * The statements of a booking: one that reads and one that writes, since what a booking costs is the number of its
 * journeys to the database.
 */

/** What stands in the tables about a person and an agent; `open` is the id of the open promise, which is locked. */
export interface StoredScene {
  readonly numbers: readonly OwnNumber[];
  readonly onDoNotCall: boolean;
  readonly open: string | null;
}

// The conditions of `callback_one_open` word for word: as parameters they would not lead to it.
const READ = `
  with open as (
    select id from callback
    where agent_id = $1::uuid and to_number = $2 and status in ('scheduled', 'no_answer') and next_attempt_at is not null
    for update
  )
  select (select id::text from open) as open,
    exists (select 1 from do_not_call d where d.number = $2) as do_not_call,
    (select coalesce(json_agg(json_build_object(
        'number', n.number, 'carrier', n.carrier, 'outboundEnabled', n.outbound_enabled) order by n.number), '[]')::text
      from phone_number n
      where n.agent_id = $1::uuid or n.built_in
        or (n.agent_id is null and exists (select 1 from agent a where a.id = $1::uuid and a.is_default))) as numbers`;

/** Reads the scene of a booking, and locks the promise that is open. */
export async function readBookingScene(tx: Transaction, agentId: string, to: string): Promise<StoredScene> {
  const [row] = await runText<{ open: string | null; do_not_call: boolean; numbers: string }>(tx, READ, [agentId, to]);
  if (row === undefined) throw new Error('the scene of a booking was not read');
  return { open: row.open, onDoNotCall: row.do_not_call, numbers: JSON.parse(row.numbers) as OwnNumber[] };
}

const callbacks = rowParameters(callback);
const audits = rowParameters(audit);

const TIMER_FROM = callbacks.count + 1;
const AUDIT_FROM = TIMER_FROM + 2;
const TALK_FROM = AUDIT_FROM + audits.count;
const WRITE = `
  with promise as (insert into callback ${callbacks.into(1)}),
    its_timer as (insert into timer (fire_at, id, kind) values ($${TIMER_FROM}, $${TIMER_FROM + 1}, 'dial'))
  insert into audit ${audits.into(AUDIT_FROM)}`;
const WRITE_WITH_CONVERSATION = WRITE.replace(
  'with ',
  `with talk as (
    insert into conversation (id, agent_id, person, created_at)
    values ($${TALK_FROM}, $${TALK_FROM + 1}, $${TALK_FROM + 2}, $${TALK_FROM + 3})
  ), `,
);

/** Writes everything that a booking leaves. */
export async function writeBooking(tx: Transaction, booking: NewBooking, now: Temporal.Instant): Promise<void> {
  const { callback: promise, newConversation, entry } = booking;
  const { agentId, conversationId, to, nextAttemptAt, id } = promise;
  const rows = [
    ...callbacks.of({ ...promise, createdAt: now, updatedAt: now }),
    // A promise that waits has a time.
    nextAttemptAt?.toString() ?? null,
    id,
    ...audits.of(auditRow(entry, now)),
  ];
  if (newConversation)
    await runText(tx, WRITE_WITH_CONVERSATION, [...rows, conversationId, agentId, to, now.toString()]);
  else await runText(tx, WRITE, rows);
}

const AUDIT = `insert into audit ${audits.into(1)}`;

/** Writes one line of the audit log. */
export async function writeAudit(tx: Transaction, entry: AuditEntry, now: Temporal.Instant): Promise<void> {
  await runText(tx, AUDIT, audits.of(auditRow(entry, now)));
}

function auditRow(entry: AuditEntry, at: Temporal.Instant) {
  return { ...entry, id: uuidv7(), at };
}
