import type { Database } from './database.ts';

/** Those of these dials that ring no more: they ended, or a replica has their stream. */
export async function findSettledDials(database: Pick<Database, 'sql'>, callIds: readonly string[]): Promise<string[]> {
  const rows = await database.sql<{ id: string }[]>`
    select id from call where id = any(${[...callIds]}::uuid[]) and (ended_at is not null or replica_id is not null)`;
  return rows.map(({ id }) => id);
}

/** How many calls are held by living replicas, this one included. */
export async function countHeldCalls(database: Pick<Database, 'sql'>): Promise<number> {
  const [row] = await database.sql<{ held: number }[]>`
    select count(*)::float8 as held from call c join replica r on r.id = c.replica_id
    where c.ended_at is null and r.lease_until > now()`;
  return row?.held ?? 0;
}
