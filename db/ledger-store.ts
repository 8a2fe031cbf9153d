import { attemptOutcomes, type AttemptOutcome } from '../src/domain/attempt.ts';
import type { Ledger } from '../src/domain/ledger.ts';
import type { Database } from './database.ts';

/** Callbacks in one standing: all of them, or those whose carrier was asked in time or late. */
interface Standing {
  readonly of: 'all' | 'kept' | 'late';
  readonly standing: 'open' | 'cancelled' | 'over';
  readonly count: number;
  /** Of these: due more than 60 s ago. */
  readonly past: number;
}

/**
 * What became of every booking, read in one statement. Its classes sum to the bookings.
 *
 * The requests of a promise are those since it was last moved: of its attempts as many from the last one back as count
 * against its limit by now, and the one that is under way or was refused for good (which is always its last). Promises
 * that were never asked for are the others: they are counted without being joined, as there may be a million of them.
 */
export async function readLedger(database: Pick<Database, 'sql'>): Promise<Ledger> {
  const { sql } = database;
  const standing = sql`case when c.status = 'cancelled' then 'cancelled'
    when c.status = 'dialing' or c.next_attempt_at is not null then 'open' else 'over' end`;
  const past = sql`(count(*) filter (where c.due_at < now() - interval '60 s'))::float8`;
  const rows = await sql<(Standing | { of: 'attempt' | 'oldest'; standing: string; count: number; past: number })[]>`
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
    )
    select 'all' as of, ${standing} as standing, count(*)::float8 as count, ${past} as past from callback c group by 2
    union all
    select case when f.at <= c.due_at + interval '60 s' then 'kept' else 'late' end, ${standing}, count(*)::float8, ${past}
    from first_request f join callback c on c.id = f.callback_id group by 1, 2
    union all
    select 'attempt', coalesce(outcome, 'in_flight'), count(*)::float8, 0 from attempt group by 2
    union all
    select 'oldest', '', extract(epoch from now() - min(started_at))::float8, 0 from attempt where status <> 'ended'`;

  const count = (of: string, name?: string, what: 'count' | 'past' = 'count'): number =>
    rows
      .filter((row) => row.of === of && (name === undefined || row.standing === name))
      .reduce((sum, row) => sum + row[what], 0);
  const unasked = (name: Standing['standing'], what?: 'past'): number =>
    count('all', name, what) - count('kept', name, what) - count('late', name, what);
  const attempts = [...attemptOutcomes, 'in_flight' as const].map((outcome) => [outcome, count('attempt', outcome)]);
  return {
    bookings: count('all'),
    promises: {
      kept: count('kept'),
      late: count('late'),
      broken: unasked('over'),
      open: unasked('open'),
      cancelled: unasked('cancelled'),
    },
    overdue: unasked('open', 'past'),
    oldestInFlightSeconds: Math.max(0, count('oldest')),
    attempts: Object.fromEntries(attempts) as Record<AttemptOutcome | 'in_flight', number>,
  };
}
