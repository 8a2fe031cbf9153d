import { sql as statement } from 'drizzle-orm';
import type { Database } from './database.ts';
import { transactTelling } from './telling.ts';

/** Something that nothing else will end. */
export type Stuck =
  /** A callback that dials with an attempt that is over, or gone. */
  | { readonly kind: 'dialing_without_attempt'; readonly callbackId: string }
  /** An attempt in flight that nobody is going to look at. */
  | { readonly kind: 'unwatched'; readonly attemptId: string }
  /** A call that goes on longer than any call of its agent may, or has rung longer than any telephone rings. */
  | {
      readonly kind: 'endless_call' | 'endless_ring';
      readonly attemptId: string;
      readonly carrier: string;
      readonly carrierCallId: string;
    }
  /** An attempt of which nothing was found out in all the time that it is looked for. */
  | {
      readonly kind: 'unsettled';
      readonly attemptId: string;
      readonly wasPlaced: boolean;
      readonly wasAnswered: boolean;
    };

/** In milliseconds. */
export interface StuckBounds {
  /** Beyond an agent's `maxCallMinutes`. */
  readonly callGraceMs: number;
  /** For a telephone that rings, its time in the carrier's queue included. */
  readonly ringMs: number;
  readonly unsettledMs: number;
  /** For what is wrong by itself: long enough that no transaction is on its way to put it right. */
  readonly strayMs: number;
}

export interface StuckStore {
  /** At most `limit`, the eldest first. Reads the attempts in flight alone. */
  find(bounds: StuckBounds, limit: number): Promise<Stuck[]>;
  /** What no transaction of ours leaves behind. Reads all callbacks, so it is asked seldom. */
  findDialingWithoutAttempt(strayMs: number, limit: number): Promise<Stuck[]>;
  /** Ends a callback that dials with nothing. */
  failDialing(callbackId: string, reason: string): Promise<void>;
  /** Has the attempt looked at now. */
  watch(attemptId: string): Promise<void>;
  /** Removes overdue timers that belong to nothing: enough of them would hide all others from the scan. */
  sweepTimers(strayMs: number, limit: number): Promise<number>;
}

export interface StuckStoreOptions {
  readonly database: Database;
  readonly onLostHint: (error: unknown) => void;
}

/** The store on Postgres. Names columns alone: what can't be read is found like anything else. */
export function openStuckStore({ database, onLostHint }: StuckStoreOptions): StuckStore {
  const { sql } = database;
  const ms = (value: number) => sql`${value}::float8 * interval '1 ms'`;
  return {
    async find(bounds, limit) {
      const rows = await sql<
        {
          kind: Exclude<Stuck['kind'], 'dialing_without_attempt'>;
          attemptId: string;
          carrier: string;
          carrierCallId: string;
          wasPlaced: boolean;
          wasAnswered: boolean;
        }[]
      >`
        with flying as (
          select a.*, now() - ${ms(bounds.callGraceMs)}
            - coalesce((g.limits ->> 'maxCallMinutes')::float8, 0) * interval '1 minute' as answered_at_least
          from attempt a join callback c on c.id = a.callback_id join agent g on g.id = c.agent_id
          where a.status <> 'ended' and a.started_at < now() - ${ms(bounds.strayMs)}),
        judged as (
          select *, case
            when started_at < now() - ${ms(bounds.unsettledMs)} then 'unsettled'
            when status <> 'sending' and not exists (
              select 1 from timer t where t.fire_at = check_at and t.id = flying.id and t.kind = 'check') then 'unwatched'
            when carrier_call_id is null or ended_at is not null then null
            when status = 'answered' and answered_at < answered_at_least then 'endless_call'
            when status in ('placed', 'ringing') and started_at < now() - ${ms(bounds.ringMs)} then 'endless_ring' end as kind
          from flying)
        select kind, id as "attemptId", carrier, carrier_call_id as "carrierCallId",
          status in ('placed', 'ringing', 'answered') as "wasPlaced", answered_at is not null as "wasAnswered"
        from judged where kind is not null order by started_at limit ${limit}::int`;
      return rows.map((row): Stuck => {
        const { kind, attemptId, carrier, carrierCallId, wasPlaced, wasAnswered } = row;
        if (kind === 'unwatched') return { kind, attemptId };
        if (kind === 'unsettled') return { kind, attemptId, wasPlaced, wasAnswered };
        return { kind, attemptId, carrier, carrierCallId };
      });
    },

    async findDialingWithoutAttempt(strayMs, limit) {
      const rows = await sql<{ id: string }[]>`
        select c.id from callback c left join attempt a on a.id = c.current_attempt_id
        where c.status = 'dialing' and (a.id is null or a.status = 'ended') and c.updated_at < now() - ${ms(strayMs)}
        limit ${limit}::int`;
      return rows.map(({ id }): Stuck => ({ kind: 'dialing_without_attempt', callbackId: id }));
    },

    failDialing: (callbackId, reason) =>
      transactTelling(database, onLostHint, async (orm, tell) => {
        const rows = await orm.execute(statement`
          update callback c set status = 'failed', failure_code = 'bad_data', failure_reason = ${reason},
            current_attempt_id = null, warning = null, updated_at = now()
          where id = ${callbackId}::uuid and status = 'dialing' and not exists (
            select 1 from attempt a where a.id = c.current_attempt_id and a.status <> 'ended')
          returning id`);
        if (rows.length > 0) tell({ type: 'callback.changed', subjectId: callbackId });
      }),

    async watch(attemptId) {
      await sql`
        with due as (
          update attempt set check_at = date_trunc('milliseconds', now())
          where id = ${attemptId}::uuid and status not in ('ended', 'sending') returning id, check_at),
        gone as (delete from timer where id = ${attemptId}::uuid and fire_at <> (select check_at from due))
        insert into timer (fire_at, id, kind) select check_at, id, 'check' from due on conflict do nothing`;
    },

    async sweepTimers(strayMs, limit) {
      const rows = await sql`
        delete from timer where (fire_at, id) in (
          select t.fire_at, t.id from timer t
          where (t.fire_at < now() - ${ms(strayMs)} or t.fire_at = 'infinity')
            and not exists (select 1 from callback c where t.kind = 'dial' and c.id = t.id and c.next_attempt_at = t.fire_at)
            and not exists (select 1 from attempt a where t.kind = 'check' and a.id = t.id and a.check_at = t.fire_at)
          order by t.fire_at limit ${limit}::int)
        returning id`;
      return rows.length;
    },
  };
}
