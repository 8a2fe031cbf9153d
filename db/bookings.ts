import type { OwnNumber } from '../src/domain/numbers.ts';
import type { AuditEntry, NewBooking } from './callback-store.ts';
import { jsonRows } from './json-rows.ts';
import { runText, type Transaction } from './orm.ts';
import { audit, callback, conversation, timer } from './schema.ts';
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

const callbacks = jsonRows(callback);
const conversations = jsonRows(conversation);
const timers = jsonRows(timer);
const audits = jsonRows(audit);

const WRITE = `
  with talk as (insert into conversation (${conversations.columns}) select ${conversations.columns} from ${conversations.from(1)}),
    promise as (insert into callback (${callbacks.columns}) select ${callbacks.columns} from ${callbacks.from(2)}),
    its_timer as (insert into timer (${timers.columns}) select ${timers.columns} from ${timers.from(3)})
  insert into audit (${audits.columns}) select ${audits.columns} from ${audits.from(4)}`;

/** Writes everything that a booking leaves. */
export async function writeBooking(tx: Transaction, booking: NewBooking, now: Temporal.Instant): Promise<void> {
  const { callback: promise, newConversation, entry } = booking;
  const { agentId, conversationId, to, nextAttemptAt, id } = promise;
  await runText(tx, WRITE, [
    conversations.of(newConversation ? [{ id: conversationId, agentId, person: to, createdAt: now }] : []),
    callbacks.of([{ ...promise, createdAt: now, updatedAt: now }]),
    timers.of(nextAttemptAt === null ? [] : [{ fireAt: nextAttemptAt, id, kind: 'dial' }]),
    audits.of([auditRow(entry, now)]),
  ]);
}

const AUDIT = `insert into audit (${audits.columns}) select ${audits.columns} from ${audits.from(1)}`;

/** Writes one line of the audit log. */
export async function writeAudit(tx: Transaction, entry: AuditEntry, now: Temporal.Instant): Promise<void> {
  await runText(tx, AUDIT, [audits.of([auditRow(entry, now)])]);
}

function auditRow(entry: AuditEntry, at: Temporal.Instant) {
  return { ...entry, id: uuidv7(), at };
}
