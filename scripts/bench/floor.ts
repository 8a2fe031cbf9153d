import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { uuidv7 } from '../../db/uuid.ts';
import { HttpCarrier } from '../../test/fakes/http-carrier.ts';
import { answer, settingsOf } from './child.ts';

/*
 * The floor: the least that could do the job. A bare loop that claims what is due when it is due, writes the rows that
 * the product writes, and makes one POST to the same carrier. No lease, no last look, no retries, no other replica.
 */

const { url, carrierUrl } = settingsOf() as { url: string; carrierUrl: string };
const owner = randomUUID();
const carrier = new HttpCarrier(carrierUrl);
const sql = postgres(url, { max: 10, onnotice: () => undefined });
const near: { dueMs: number; id: string }[] = [];
let timer: NodeJS.Timeout | undefined;
let changed = false;

await sql.listen('ringback_timers', (payload) => {
  const [dueMs = '', kind, id = ''] = payload.split(':');
  if (kind === 'dial') add(Number(dueMs), id);
});
const waiting = await sql<{ id: string; ms: number }[]>`
  select id, extract(epoch from fire_at)::float8 * 1000 as ms from timer where kind = 'dial' and fire_at < now() + interval '60 s'`;
for (const row of waiting) add(Math.round(row.ms), row.id);

await answer({ memoryMb: () => process.memoryUsage().rss / 2 ** 20 }, async () => {
  clearTimeout(timer);
  await sql.end({ timeout: 5 });
});

function add(dueMs: number, id: string): void {
  near.push({ dueMs, id });
  changed = true;
  arm();
}

function arm(): void {
  if (changed) near.sort((a, b) => b.dueMs - a.dueMs);
  changed = false;
  clearTimeout(timer);
  const next = near.at(-1);
  if (next !== undefined) timer = setTimeout(tick, Math.max(0, next.dueMs - wallMs()));
}

function tick(): void {
  const nowMs = wallMs();
  const due: string[] = [];
  while ((near.at(-1)?.dueMs ?? Infinity) <= nowMs && due.length < 1_000) due.push(near.pop()?.id ?? '');
  if (due.length > 0) void claim(due);
  arm();
}

async function claim(ids: readonly string[]): Promise<void> {
  const attempts = ids.map((id) => ({ id, attempt_id: uuidv7(), call_id: uuidv7() }));
  const begun = await sql<{ id: string; attempt_id: string; to_number: string; from_number: string }[]>`
    with wish as (select * from jsonb_to_recordset(${JSON.stringify(attempts)}::text::jsonb) as w (id uuid, attempt_id uuid, call_id uuid)
    ), mine as (
      select c.id, c.next_attempt_at, c.to_number, c.from_number, w.attempt_id, w.call_id
      from callback c join wish w using (id) where c.status = 'scheduled' for update of c skip locked
    ), gone as (
      delete from timer t using mine where t.fire_at = mine.next_attempt_at and t.id = mine.id
    ), intents as (
      insert into attempt (id, callback_id, attempt_number, status, carrier, from_number, to_number, call_id, owner_id,
        owner_epoch, machine_detection, started_at)
      select attempt_id, id, 1, 'sending', 'fake', from_number, to_number, call_id, ${owner}::uuid, 1, false, now() from mine
    ), told as (
      insert into event (type, subject_id) select 'callback.changed', id from mine
    )
    update callback c set status = 'dialing', current_attempt_id = mine.attempt_id, next_attempt_at = null, updated_at = now()
    from mine where c.id = mine.id returning c.id, mine.attempt_id, mine.to_number, mine.from_number`;
  for (const row of begun) void dial(row);
}

async function dial(row: { attempt_id: string; to_number: string; from_number: string }): Promise<void> {
  const result = await carrier.dial(
    {
      attemptId: row.attempt_id,
      callbackId: '',
      attemptNumber: 1,
      callId: '',
      to: row.to_number,
      from: row.from_number,
      ringTimeoutSeconds: 30,
      machineDetection: 'off',
      display: { agentName: '', topic: '' },
      beforeSend: () => undefined,
    },
    { signal: AbortSignal.timeout(10_000) },
  );
  if (result.kind !== 'placed') throw new Error(`the carrier of the bench did not place it: ${result.kind}`);
  await sql`
    with placed as (
      update attempt set status = 'placed', carrier_call_id = ${result.carrierCallId}, check_at = now() + interval '60 s'
      where id = ${row.attempt_id} returning *
    ), checks as (insert into timer (fire_at, id, kind) select check_at, id, 'check' from placed
    ), told as (insert into event (type, subject_id) select 'callback.changed', callback_id from placed)
    insert into call (id, direction, status, carrier, carrier_call_id, agent_id, conversation_id, callback_id, attempt_id,
      from_number, to_number, started_at)
    select p.call_id, 'outbound', 'queued', p.carrier, p.carrier_call_id, c.agent_id, c.conversation_id, c.id, p.id,
      p.from_number, p.to_number, p.started_at from placed p join callback c on c.id = p.callback_id`;
}

function wallMs(): number {
  return Number(Temporal.Now.instant().epochNanoseconds) / 1e6;
}
