import type { Database } from './database.ts';

/** A running process, as its lease shows it; `leaseSeconds` is what is left of it, negative once it ran out. */
export interface ReplicaRow {
  readonly id: string;
  readonly version: string;
  readonly startedAtMs: number;
  readonly leaseSeconds: number;
  readonly draining: boolean;
  readonly liveCalls: number;
}

/** More replicas than these are not shown. */
const MOST_REPLICAS = 200;

/** Every process that has entered and not left, the eldest first. Times by the database's clock. */
export function listReplicas(database: Pick<Database, 'sql'>): Promise<ReplicaRow[]> {
  return database.sql<ReplicaRow[]>`
    select r.id, r.version, r.draining,
      extract(epoch from r.started_at)::float8 * 1000 as "startedAtMs",
      extract(epoch from r.lease_until - now())::float8 as "leaseSeconds",
      (select count(*)::int from call c where c.replica_id = r.id and c.ended_at is null) as "liveCalls"
    from replica r order by r.started_at, r.id limit ${MOST_REPLICAS}`;
}

/** The server's version, the database's size, and how many migrations it has had. */
export interface DatabaseFacts {
  readonly version: string;
  readonly sizeBytes: number;
  readonly migrations: number;
}

/** What the database says of itself. */
export async function databaseFacts(database: Pick<Database, 'sql'>): Promise<DatabaseFacts> {
  const [row] = await database.sql<DatabaseFacts[]>`
    select current_setting('server_version') as version, pg_database_size(current_database())::float8 as "sizeBytes",
      (select count(*)::int from drizzle.__drizzle_migrations) as migrations`;
  if (row === undefined) throw new Error('a fact without a row');
  return row;
}

/** When a call to, and one from, this number last began; null where none has. */
export async function lastCallsOf(
  database: Pick<Database, 'sql'>,
  number: string,
): Promise<{ inboundMs: number | null; outboundMs: number | null }> {
  const [row] = await database.sql<{ inboundMs: number | null; outboundMs: number | null }[]>`
    select
      (select extract(epoch from max(started_at))::float8 * 1000 from call
        where to_number = ${number} and direction = 'inbound') as "inboundMs",
      (select extract(epoch from max(started_at))::float8 * 1000 from call
        where from_number = ${number} and direction = 'outbound') as "outboundMs"`;
  return row ?? { inboundMs: null, outboundMs: null };
}
