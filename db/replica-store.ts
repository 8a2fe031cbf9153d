import type { TimerRow } from './callback-store.ts';
import type { Database } from './database.ts';
import { SESSION_LOCK_CLASS } from './listener.ts';
import { lookedAt } from './looked-at.ts';

/** A lease as it was granted. */
export interface Grant {
  readonly epoch: number;
  /** The database's clock while it was granted, as Unix time in milliseconds. */
  readonly databaseMs: number;
}

/** What dead replicas left behind. */
export interface Remains {
  /** Replicas whose lease ran out, or was ended since their process let go of its session lock. */
  readonly lapsed: readonly string[];
  /** Attempts whose request nobody watches any more: their replica is gone, has another epoch, or took too long. */
  readonly unwatched: readonly string[];
}

/** Timers that should have fired, and who wants to hear of them. */
export interface OverdueTimers {
  readonly before: Temporal.Instant;
  /** The earliest so many. */
  readonly limit: number;
  readonly take: (timers: readonly Pick<TimerRow, 'kind' | 'id'>[]) => void;
}

/** Rows of running processes. Each process writes its own; taking over is the use-case `adoptOrphans`. */
export interface ReplicaStore {
  /** Takes the lease under an epoch higher than any before it and than `above`. */
  enter(replica: { id: string; version: string; leaseMs: number; above: number; draining: boolean }): Promise<Grant>;
  /**
   * Renews a lease that has not run out; undefined where it has, somebody raised the epoch, or the database is another
   * one than before (see `lookedAt`): the next lease is entered after a look at it.
   */
  renew(replica: { id: string; epoch: number; leaseMs: number }): Promise<Grant | undefined>;
  /** From now on the replica can claim nothing. */
  setDraining(id: string): Promise<void>;
  /** Ends the replica's own row, unless somebody has taken over meanwhile. */
  leave(id: string, epoch: number): Promise<void>;
  /**
   * At most `limit` of each; `staleMs` is how long a request can be under way. Where overdue timers are wanted as well,
   * they come with the same statement: a replica that looks once a second asks one thing a second.
   */
  remains(staleMs: number, limit: number, overdue?: OverdueTimers): Promise<Remains>;
  /** Removes the row of a replica whose lease ran out. */
  bury(id: string): Promise<void>;
  /** Whether a living replica holds this call. */
  holdsCall(callId: string): Promise<boolean>;
}

/** A replica whose lease runs, and whether its process holds its session lock. */
interface Presence {
  readonly id: string;
  readonly epoch: number;
  readonly holds: boolean;
}

/** The store on Postgres. All times are the database's. */
export function openReplicaStore(database: Pick<Database, 'sql'>): ReplicaStore {
  const { sql } = database;
  /** The epoch under which a replica was last seen to hold its session lock; of those that live. */
  const seenHolding = new Map<string, number>();
  const holders = sql`
    select l.objid from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database()
    where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid = ${SESSION_LOCK_CLASS}::oid`;

  /** Ends the leases of those whose session lock was seen under this epoch and is gone: their process is. */
  async function endVanished(present: readonly Presence[]): Promise<string[]> {
    const vanished = present.filter(({ id, epoch, holds }) => !holds && seenHolding.get(id) === epoch);
    seenHolding.clear();
    for (const { id, epoch, holds } of present) if (holds) seenHolding.set(id, epoch);
    const ended: string[] = [];
    for (const { id, epoch } of vanished) {
      const rows = await sql`
        update replica set lease_until = now()
        where id = ${id}::uuid and epoch = ${epoch}::bigint and hashtext(id::text)::oid not in (${holders})
        returning id`;
      if (rows.length > 0) ended.push(id);
    }
    return ended;
  }

  return {
    async enter({ id, version, leaseMs, above, draining }) {
      const [row] = await sql<Grant[]>`
        insert into replica as known (id, epoch, lease_until, draining, version, started_at)
        values (${id}::uuid, ${above}::bigint + 1, now() + ${leaseMs}::float8 * interval '1 ms', ${draining}::bool,
                ${version}, now())
        on conflict (id) do update
          set epoch = greatest(known.epoch, ${above}::bigint) + 1, lease_until = excluded.lease_until,
              draining = excluded.draining, version = excluded.version
        returning epoch::float8 as epoch, extract(epoch from clock_timestamp())::float8 * 1000 as "databaseMs"`;
      if (row === undefined) throw new Error('the replica was not entered');
      return row;
    },

    async renew({ id, epoch, leaseMs }) {
      const [row] = await sql<Grant[]>`
        update replica set lease_until = now() + ${leaseMs}::float8 * interval '1 ms'
        where id = ${id}::uuid and epoch = ${epoch}::bigint and lease_until > now() and ${lookedAt(sql)}
        returning epoch::float8 as epoch, extract(epoch from clock_timestamp())::float8 * 1000 as "databaseMs"`;
      return row;
    },

    async setDraining(id) {
      await sql`update replica set draining = true where id = ${id}::uuid`;
    },

    async leave(id, epoch) {
      await sql`delete from replica where id = ${id}::uuid and epoch = ${epoch}::bigint`;
    },

    async remains(staleMs, limit, overdue) {
      const rows = await sql<({ kind: string } & Presence)[]>`
        (select 'lapsed' as kind, id::text as id, 0::float8 as epoch, false as holds
         from replica where lease_until <= now() order by id limit ${limit}::int)
        union all
        (select 'present', id::text, epoch::float8, hashtext(id::text)::oid in (${holders})
         from replica where lease_until > now())
        union all
        (select 'unwatched', a.id::text, 0, false from attempt a left join replica r on r.id = a.owner_id
         where a.status = 'sending'
           and (r.id is null or r.epoch > a.owner_epoch or r.lease_until <= now()
                or a.started_at < now() - ${staleMs}::float8 * interval '1 ms')
         order by 2 limit ${limit}::int)
        union all
        (select 'overdue', t.id::text, 0, t.kind = 'dial' from timer t
         where t.fire_at < ${overdue?.before.toString() ?? '-infinity'}::timestamptz
         order by t.fire_at, t.id limit ${overdue?.limit ?? 0}::int)`;
      overdue?.take(
        rows.flatMap(({ kind, id, holds }) => (kind === 'overdue' ? { kind: holds ? 'dial' : 'check', id } : [])),
      );
      const of = (kind: string): string[] => rows.filter((row) => row.kind === kind).map((row) => row.id);
      const vanished = await endVanished(rows.filter(({ kind }) => kind === 'present'));
      return { lapsed: [...of('lapsed'), ...vanished], unwatched: of('unwatched') };
    },

    async bury(id) {
      await sql`delete from replica where id = ${id}::uuid and lease_until <= now()`;
    },

    async holdsCall(callId) {
      const rows = await sql`
        select 1 as held from call c join replica r on r.id = c.replica_id
        where c.id = ${callId}::uuid and c.ended_at is null and r.lease_until > now()`;
      return rows.length > 0;
    },
  };
}
