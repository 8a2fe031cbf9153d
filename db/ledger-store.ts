import { attemptOutcomes, type AttemptOutcome } from '../src/domain/attempt.ts';
import type { Ledger } from '../src/domain/ledger.ts';
import type { Database } from './database.ts';

/**
 * What became of every booking, read in one statement. Its classes sum to the bookings.
 *
 * The requests of a promise are those since it was last moved: of its attempts as many from the last one back as count
 * against its limit by now, and the one that is under way or was refused for good (which is always its last).
 */
export async function readLedger(database: Pick<Database, 'sql'>): Promise<Ledger> {
  const { sql } = database;
  const rows = await sql<{ what: 'promise' | 'attempt' | 'oldest'; key: string; count: number; overdue: number }[]>`
    with tried as (
      select callback_id, started_at, outcome,
             row_number() over (partition by callback_id order by attempt_number desc) as back,
             count(*) filter (where outcome is null or outcome in ('invalid_number', 'not_permitted'))
               over (partition by callback_id) as uncounted
      from attempt
      where (outcome is null and status <> 'sending')
         or outcome in ('completed', 'no_answer', 'busy', 'rejected', 'machine', 'lost', 'failed',
                        'invalid_number', 'not_permitted')
    ), first_request as (
      select tried.callback_id, min(tried.started_at) as at
      from tried join callback c on c.id = tried.callback_id
      where tried.back <= c.attempts_made + tried.uncounted and tried.outcome is distinct from 'lost'
      group by tried.callback_id
    ), promise as (
      select case
               when f.at <= c.due_at + interval '60 s' then 'kept'
               when f.at is not null then 'late'
               when c.status = 'cancelled' then 'cancelled'
               when c.status = 'dialing' or c.next_attempt_at is not null then 'open'
               else 'broken'
             end as class,
             f.at is null and c.due_at < now() - interval '60 s' as past
      from callback c left join first_request f on f.callback_id = c.id
    )
    select 'promise' as what, class as key, count(*)::float8 as count,
           (count(*) filter (where past and class = 'open'))::float8 as overdue
    from promise group by class
    union all
    select 'attempt', coalesce(outcome, 'in_flight'), count(*)::float8, 0 from attempt group by 2
    union all
    select 'oldest', '', extract(epoch from now() - min(started_at))::float8, 0 from attempt where status <> 'ended'`;
  const of = (what: 'promise' | 'attempt' | 'oldest', key: string) =>
    rows.find((row) => row.what === what && row.key === key);
  const count = (key: string): number => of('promise', key)?.count ?? 0;
  const attempts = Object.fromEntries(
    [...attemptOutcomes, 'in_flight' as const].map((outcome) => [outcome, of('attempt', outcome)?.count ?? 0]),
  ) as Record<AttemptOutcome | 'in_flight', number>;
  const [kept, late, broken, open, cancelled] = [
    count('kept'),
    count('late'),
    count('broken'),
    count('open'),
    count('cancelled'),
  ];
  return {
    bookings: rows.filter(({ what }) => what === 'promise').reduce((sum, row) => sum + row.count, 0),
    promises: { kept, late, broken, open, cancelled },
    overdue: of('promise', 'open')?.overdue ?? 0,
    oldestInFlightSeconds: Math.max(0, of('oldest', '')?.count ?? 0),
    attempts,
  };
}
