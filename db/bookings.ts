import type { OwnNumber } from '../src/domain/numbers.ts';
import type { AuditEntry, NewBooking } from './callback-store.ts';
import { runText, type Transaction } from './orm.ts';
import { audit, callback } from './schema.ts';
import { jsonRows } from './table-rows.ts';
import { uuidv7 } from './uuid.ts';

/*
 * The statements of bookings, each for all that share a transaction: one that reads and one that writes, since what a
 * booking costs is the number of its statements.
 */

/** Whose scene is read: a person as they would be stored, and an agent. */
export interface SceneQuestion {
  readonly agentId: string;
  readonly to: string;
}

/** What stands in the tables about a person and an agent. */
export interface StoredScene {
  readonly numbers: readonly OwnNumber[];
  readonly onDoNotCall: boolean;
  /** Whether they have an open promise. It is not locked yet, so it may be over by the next statement. */
  readonly open: boolean;
}

// The conditions of `callback_one_open` word for word: as parameters they would not lead to it. A value of each row and no
// EXISTS, for which the planner may read the whole table once instead.
const READ = `
  select (select c.id from callback c
      where c.agent_id = w.agent_id and c.to_number = w.to_number
        and c.status in ('scheduled', 'no_answer') and c.next_attempt_at is not null) is not null as open,
    exists (select 1 from do_not_call d where d.number = w.to_number) as do_not_call,
    case when w.first then (select coalesce(json_agg(json_build_object(
        'number', n.number, 'carrier', n.carrier, 'outboundEnabled', n.outbound_enabled) order by n.number), '[]')::text
      from phone_number n
      where n.agent_id = w.agent_id or n.built_in
        or (n.agent_id is null and exists (select 1 from agent a where a.id = w.agent_id and a.is_default))) end as numbers
  from jsonb_to_recordset($1::jsonb) as w (place integer, agent_id uuid, to_number text, first boolean)
  order by w.place`;

/** Reads the scenes of bookings, in the order of the questions. */
export async function readBookingScenes(tx: Transaction, asked: readonly SceneQuestion[]): Promise<StoredScene[]> {
  // The numbers of an agent come once, with the first of its bookings.
  const numbersOf = new Map<string, OwnNumber[]>();
  const wanted = asked.map(({ agentId, to }, place) => {
    const first = !numbersOf.has(agentId);
    numbersOf.set(agentId, []);
    return { place, agent_id: agentId, to_number: to, first };
  });
  const list = JSON.stringify(wanted);
  const rows = await runText<{ open: boolean; do_not_call: boolean; numbers: string | null }>(tx, READ, [list]);
  return rows.map((row, place) => {
    const agentId = asked[place]?.agentId ?? '';
    if (row.numbers !== null) numbersOf.set(agentId, JSON.parse(row.numbers) as OwnNumber[]);
    return { open: row.open, onDoNotCall: row.do_not_call, numbers: numbersOf.get(agentId) ?? [] };
  });
}

const callbacks = jsonRows(callback);
const audits = jsonRows(audit);

const WRITE = `
  with r as materialized (select * from ${callbacks.from(1)}),
    talk as (
      insert into conversation (id, agent_id, person, created_at)
      select conversation_id, agent_id, to_number, created_at from r where id = any($2::uuid[])
    ),
    promise as (insert into callback (${callbacks.columns}) select ${callbacks.columns} from r),
    its_timer as (insert into timer (fire_at, id, kind) select next_attempt_at, id, 'dial' from r)
  insert into audit (${audits.columns}) select ${audits.columns} from ${audits.from(3)}`;

/** Writes everything that these bookings leave. */
export async function writeBookings(
  tx: Transaction,
  bookings: readonly NewBooking[],
  now: Temporal.Instant,
): Promise<void> {
  const beginning = bookings.filter(({ newConversation }) => newConversation);
  await runText(tx, WRITE, [
    callbacks.of(bookings.map(({ callback: promise }) => ({ ...promise, createdAt: now, updatedAt: now }))),
    `{${beginning.map(({ callback: { id } }) => id).join(',')}}`,
    audits.of(bookings.map(({ entry }) => auditRow(entry, now))),
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
