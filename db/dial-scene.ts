import type { AgentSettings } from '../src/domain/agent.ts';
import type { Callback } from '../src/domain/callback.ts';
import type { OwnNumber } from '../src/domain/numbers.ts';
import type { DialFacts, DialScene, DialSceneQuery } from './callback-store.ts';
import { lookedAt } from './looked-at.ts';
import { runText, type Transaction } from './orm.ts';
import { OUTBOUND_HOLD_KEY } from './outbound-store.ts';
import { agent, callback } from './schema.ts';
import { tableRows } from './table-rows.ts';

/*
 * What a last look needs, for a whole batch: when much is due at one moment, what a statement costs is shared. Three
 * texts that make one journey. The first one locks; those after it, whose view of the tables is newer, see the locked
 * rows as they stay.
 */

const LONGEST_CALL_MS = 86_400_000;
/** Dials to one person that are read; far more than any cap. */
const MOST_RECENT_DIALS = 200;

const callbacks = tableRows(callback);
const agents = tableRows(agent);

const LOCK = `
  select ${callbacks.select('c')} from callback c where c.id = any($1::uuid[])
  order by c.next_attempt_at, c.id for update skip locked`;

const LIVES = "(c.ended_at is null and c.status = 'in_progress')";
// The start bounds what is read: no call lasts that long.
const IS_OVER = '(c.ended_at > $3::timestamptz and c.started_at > $4::timestamptz)';
const ENDED = 'case when c.ended_at is null then null else (extract(epoch from c.ended_at) * 1000)::text end';

// A row for each thing that is to be known, so that of most callbacks there are none.
const FACTS = `
  with mine as materialized (
    select k.id, k.agent_id, k.to_number, k.origin_call_id, k.status from callback k where k.id = any($1::uuid[])
  )
  select 'dialled' as kind, m.id, o.to_number as value
  from mine m join call o on o.id = m.origin_call_id and o.direction = 'inbound'
  union all
  select 'do_not_call', m.id, null from mine m join do_not_call d on d.number = m.to_number
  union all
  select 'recent', r.id, (extract(epoch from r.started_at) * 1000)::text from (
    select m.id, a.started_at, row_number() over (partition by m.id order by a.started_at) as place
    from mine m join attempt a on a.to_number = m.to_number
    where a.started_at > $2::timestamptz
      and (a.outcome is null or a.outcome not in ('not_placed', 'blocked', 'account_fault'))
  ) r where r.place <= ${MOST_RECENT_DIALS}
  union all
  select 'in_flight', m.id, null from mine m join attempt a on a.to_number = m.to_number where a.status <> 'ended'
  union all
  select 'on_call', m.id, ${ENDED} from mine m join call c on c.from_number = m.to_number
  where c.direction = 'inbound' and (${LIVES} or ${IS_OVER})
  union all
  -- Somebody who did not answer our dial has not hung up.
  select 'on_call', m.id, ${ENDED} from mine m join call c on c.to_number = m.to_number
  where c.direction = 'outbound' and (${LIVES} or (${IS_OVER} and c.answered_at is not null))
  union all
  select 'attempts', m.id, max(a.attempt_number)::text from mine m join attempt a on a.callback_id = m.id group by m.id
  union all
  select 'returned', m.id, null from mine m cross join lateral (
    select a.started_at from attempt a where a.callback_id = m.id order by a.attempt_number desc limit 1
  ) newest
  where m.status = 'no_answer' and exists (
    select 1 from call c where c.direction = 'inbound' and c.from_number = m.to_number and c.agent_id = m.agent_id
      and c.ended_at >= newest.started_at and exists (select 1 from turn t where t.call_id = c.id and t.role = 'caller'))`;

const WHOLE = `
  with owners as materialized (select distinct k.agent_id as id from callback k where k.id = any($1::uuid[]))
  select
    -- Not the transaction's start: it may have waited since.
    exists (select 1 from replica r where r.id = $2::uuid and r.epoch = $3::bigint and not r.draining
      and r.lease_until > clock_timestamp()) and ${lookedAt((text) => text.join(''))} as owns_lease,
    (select value #>> '{}' from setting where key = '${OUTBOUND_HOLD_KEY}' and jsonb_typeof(value) = 'string') as held,
    (select coalesce(jsonb_object_agg(carrier, reason), '{}')::text from carrier_pause) as paused,
    (select coalesce(json_agg(to_json(a)), '[]')::text from agent a where a.id in (select id from owners)) as agents,
    (select coalesce(json_agg(json_build_object('agentId', p.agent_id, 'builtIn', p.built_in, 'number', p.number,
        'carrier', p.carrier, 'outboundEnabled', p.outbound_enabled) order by p.number), '[]')::text
      from phone_number p
      where p.agent_id in (select id from owners) or p.agent_id is null or p.built_in) as numbers`;

interface WholeRow {
  owns_lease: boolean;
  held: string | null;
  paused: string;
  agents: string;
  numbers: string;
}

type OwnedNumber = OwnNumber & { readonly agentId: string | null; readonly builtIn: boolean };
type FactRow = { kind: string; id: string; value: string | null };

/** Locks those of these callbacks that nobody else holds, and reads what the last look at them needs. */
export async function readDialScene(tx: Transaction, query: DialSceneQuery): Promise<DialScene> {
  const ids = `{${query.callbackIds.join(',')}}`;
  const { callsSince } = query;
  const begun = callsSince.subtract({ milliseconds: LONGEST_CALL_MS });
  const [locked, facts, [whole]] = await Promise.all([
    runText(tx, LOCK, [ids]),
    runText<FactRow>(tx, FACTS, [ids, query.dialsSince.toString(), callsSince.toString(), begun.toString()]),
    runText<WholeRow>(tx, WHOLE, [ids, query.ownerId, query.ownerEpoch]),
  ]);
  const known = Map.groupBy(facts, (fact) => fact.id);
  const owners = ownersOf(whole);
  return {
    ownsLease: whole?.owns_lease === true,
    held: whole?.held ?? null,
    pausedCarriers: JSON.parse(whole?.paused ?? '{}') as Record<string, string>,
    facts: locked.map((row) => {
      const its = callbacks.read(row, 'c');
      return { callback: its, ...owners(its), ...factsOf(known.get(its.id) ?? []) };
    }),
  };
}

/** Each agent with its numbers, made once for all of its callbacks. */
function ownersOf(whole: WholeRow | undefined): (callback: Callback) => Pick<DialFacts, 'agent' | 'numbers'> {
  const numbers = JSON.parse(whole?.numbers ?? '[]') as OwnedNumber[];
  const all = (JSON.parse(whole?.agents ?? '[]') as Record<string, unknown>[]).map((row) => agents.parse(row));
  const made = new Map<string, Pick<DialFacts, 'agent' | 'numbers'>>();
  const make = (id: string): Pick<DialFacts, 'agent' | 'numbers'> => {
    const its: (AgentSettings & { isDefault: boolean }) | undefined = all.find((one) => one.id === id);
    // A number that names no agent is the default agent's.
    const isOwn = (row: OwnedNumber): boolean =>
      row.agentId === id || row.builtIn || (row.agentId === null && its?.isDefault === true);
    const owner = { agent: its, numbers: numbers.filter(isOwn) };
    made.set(id, owner);
    return owner;
  };
  return ({ agentId }) => made.get(agentId) ?? make(agentId);
}

function factsOf(rows: readonly FactRow[]): Omit<DialFacts, 'callback' | 'agent' | 'numbers'> {
  const of = (kind: string): FactRow[] => rows.filter((row) => row.kind === kind);
  const ends = of('on_call').map(({ value }) => (value === null ? Infinity : Number(value)));
  const lastEnd = Math.max(...ends);
  return {
    dialled: of('dialled')[0]?.value ?? null,
    onDoNotCall: of('do_not_call').length > 0,
    recentDials: of('recent')
      .map(({ value }) => Number(value))
      .toSorted((a, b) => a - b)
      .map(instantOf),
    attemptInFlight: of('in_flight').length > 0,
    personOnCall: ends.length === 0 ? null : lastEnd === Infinity ? 'live' : instantOf(lastEnd),
    attemptsSoFar: Number(of('attempts')[0]?.value ?? 0),
    callerReturned: of('returned').length > 0,
  };
}

function instantOf(ms: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(Math.round(ms));
}
