import type { Database } from './database.ts';

/** How many calls are held by living replicas, this one included. */
export async function countHeldCalls(database: Pick<Database, 'sql'>): Promise<number> {
  const [row] = await database.sql<{ held: number }[]>`
    select count(*)::float8 as held from call c join replica r on r.id = c.replica_id
    where c.ended_at is null and r.lease_until > now()`;
  return row?.held ?? 0;
}
