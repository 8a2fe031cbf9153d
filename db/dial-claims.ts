import { and, eq, gt, inArray, isNull, or, sql } from 'drizzle-orm';
import type { Callback } from '../src/domain/callback.ts';
import type { BegunDial, DialFacts, DialScene, DialSceneQuery } from './callback-store.ts';
import { lookedAt } from './looked-at.ts';
import { runText, type Transaction } from './orm.ts';
import { OUTBOUND_HOLD_KEY } from './outbound-store.ts';
import { agent, attempt, call, callback, carrierPause, doNotCall, phoneNumber, replica, setting } from './schema.ts';
import { jsonRows } from './table-rows.ts';

/*
 * The statements of a claim, each for a whole batch: when much is due at one moment, what a statement costs is shared.
 */

const LONGEST_CALL_MS = 86_400_000;
/** Dials to one person that are read; far more than any cap. */
const MOST_RECENT_DIALS = 200;

/** Locks those of these callbacks that nobody else holds; the one that was to be dialled first comes first. */
export function lockFreeCallbacks(orm: Transaction, ids: readonly string[]): Promise<Callback[]> {
  return orm
    .select()
    .from(callback)
    .where(sql`${callback.id} = any(${uuids(ids)})`)
    .orderBy(callback.nextAttemptAt, callback.id)
    .for('update', { skipLocked: true });
}

/** What the last look at these callbacks needs to know, in four statements that travel together. */
export async function readDialScene(orm: Transaction, query: DialSceneQuery): Promise<DialScene> {
  const { callbacks } = query;
  const agentIds = [...new Set(callbacks.map((one) => one.agentId))];
  const [agents, numbers, persons, whole] = await Promise.all([
    orm.select().from(agent).where(inArray(agent.id, agentIds)),
    orm
      .select()
      .from(phoneNumber)
      .where(or(inArray(phoneNumber.agentId, agentIds), isNull(phoneNumber.agentId), eq(phoneNumber.builtIn, true)))
      .orderBy(phoneNumber.number),
    readPersons(orm, query),
    readWhole(orm, query),
  ]);
  const facts = callbacks.map((one): DialFacts => {
    const its = agents.find((row) => row.id === one.agentId);
    const person = persons.get(one.id);
    if (person === undefined) throw new Error('a callback went away under its lock');
    // A number that names no agent is the default agent's.
    const owned = numbers.filter(
      (row) => row.agentId === one.agentId || row.builtIn || (row.agentId === null && its?.isDefault === true),
    );
    return { callback: one, agent: its, numbers: owned, ...person };
  });
  return { ...whole, facts };
}

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
  const attempts = attemptRows.of(begun.map((one) => one.attempt));
  const planned = JSON.stringify(
    begun.map(({ callback: { id, nextAttemptAt } }) => ({ id, fire_at: nextAttemptAt?.toString() })),
  );
  const values = [attempts, planned, now.toString()];
  const [row] = await runText<{ came: string; changed: number }>(orm, BEGIN_DIALS, values);
  const came = JSON.parse(row?.came ?? '[]') as string[];
  if (row?.changed !== came.length) throw new Error('a callback changed under its lock');
  return came;
}

const attemptRows = jsonRows(attempt);
const BEGIN_DIALS = `
  with came as (
    insert into attempt (${attemptRows.columns}) select ${attemptRows.columns} from ${attemptRows.from(1)}
    on conflict do nothing returning id, callback_id, from_number
  ), planned as (
    select d.* from jsonb_to_recordset($2::jsonb) as d (id uuid, fire_at timestamptz) join came on came.callback_id = d.id
  ), changed as (
    update callback as c set status = 'dialing', current_attempt_id = came.id, next_attempt_at = null,
      slot = null, from_number = came.from_number, warning = null, updated_at = $3::timestamptz
    from came where c.id = came.callback_id and c.status in ('scheduled', 'no_answer') returning c.id
  ), gone as (
    delete from timer t using planned where t.fire_at = planned.fire_at and t.id = planned.id
  )
  select (select coalesce(json_agg(id), '[]')::text from came) as came, (select count(*)::int from changed) as changed`;

type PersonFacts = Pick<
  DialFacts,
  'dialled' | 'onDoNotCall' | 'recentDials' | 'attemptInFlight' | 'personOnCall' | 'attemptsSoFar'
>;

async function readPersons(
  orm: Transaction,
  { callbacks, dialsSince, callsSince }: DialSceneQuery,
): Promise<Map<string, PersonFacts>> {
  const rows = await orm.execute<{
    id: string;
    dialled: string | null;
    do_not_call: boolean;
    recent: string;
    in_flight: boolean;
    on_call: string | null;
    attempts: number;
  }>(sql`
    select k.id,
      (select o.to_number from ${call} o where o.id = k.origin_call_id and o.direction = 'inbound') as dialled,
      exists (select 1 from ${doNotCall} d where d.number = k.to_number) as do_not_call,
      (select coalesce(json_agg(r.ms), '[]')::text from (
        select extract(epoch from a.started_at) * 1000 as ms from ${attempt} a
        where a.to_number = k.to_number and a.started_at > ${dialsSince.toString()}::timestamptz
          and (a.outcome is null or a.outcome not in ('not_placed', 'blocked', 'account_fault'))
        order by a.started_at limit ${MOST_RECENT_DIALS}) r) as recent,
      exists (select 1 from ${attempt} a where a.to_number = k.to_number and a.status <> 'ended') as in_flight,
      (select case when p.ended_at is null then 'live' else (extract(epoch from p.ended_at) * 1000)::text end
        from (${callsOfPerson(callsSince)}) p order by p.ended_at desc nulls first limit 1) as on_call,
      (select coalesce(max(a.attempt_number), 0) from ${attempt} a where a.callback_id = k.id) as attempts
    from ${callback} k where k.id = any(${uuids(callbacks.map((one) => one.id))})`);
  return new Map(
    rows.map((row) => [
      row.id,
      {
        dialled: row.dialled,
        onDoNotCall: row.do_not_call,
        recentDials: (JSON.parse(row.recent) as number[]).map(instantOf),
        attemptInFlight: row.in_flight,
        personOnCall: row.on_call === null || row.on_call === 'live' ? row.on_call : instantOf(Number(row.on_call)),
        attemptsSoFar: row.attempts,
      },
    ]),
  );
}

/** The calls of `k.to_number` that live or have ended since. Somebody who did not answer our dial has not hung up. */
function callsOfPerson(since: Temporal.Instant) {
  const ended = since.toString();
  // The start bounds what is read: no call lasts that long.
  const begun = since.subtract({ milliseconds: LONGEST_CALL_MS }).toString();
  const lives = sql`(c.ended_at is null and c.status = 'in_progress')`;
  const over = sql`(c.ended_at > ${ended}::timestamptz and c.started_at > ${begun}::timestamptz)`;
  return sql`
    select c.ended_at from ${call} c
    where c.direction = 'inbound' and c.from_number = k.to_number and (${lives} or ${over})
    union all
    select c.ended_at from ${call} c
    where c.direction = 'outbound' and c.to_number = k.to_number
      and (${lives} or (${over} and c.answered_at is not null))`;
}

async function readWhole(
  orm: Transaction,
  { ownerId, ownerEpoch }: DialSceneQuery,
): Promise<Pick<DialScene, 'ownsLease' | 'held' | 'pausedCarriers'>> {
  const alive = orm
    .select({ id: replica.id })
    .from(replica)
    .where(
      and(
        eq(replica.id, ownerId),
        eq(replica.epoch, ownerEpoch),
        eq(replica.draining, false),
        // Not the transaction's start: it may have waited since.
        gt(replica.leaseUntil, sql`clock_timestamp()`),
      ),
    );
  const [row] = await orm.execute<{ owns_lease: boolean; held: string | null; paused: string }>(sql`
    select exists (${alive}) and ${lookedAt(sql)} as owns_lease,
      (select ${setting.value} #>> '{}' from ${setting}
        where ${setting.key} = ${OUTBOUND_HOLD_KEY} and jsonb_typeof(${setting.value}) = 'string') as held,
      (select coalesce(jsonb_object_agg(${carrierPause.carrier}, ${carrierPause.reason}), '{}')::text
        from ${carrierPause}) as paused`);
  return {
    ownsLease: row?.owns_lease === true,
    held: row?.held ?? null,
    pausedCarriers: JSON.parse(row?.paused ?? '{}') as Record<string, string>,
  };
}

/** One parameter whatever their number, so that it stays one prepared statement. */
function uuids(ids: readonly string[]) {
  return sql`string_to_array(${ids.join(',')}, ',')::uuid[]`;
}

function instantOf(ms: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(Math.round(ms));
}
