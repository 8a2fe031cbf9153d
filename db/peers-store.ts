import type { Database } from './database.ts';

/**
 * Whether another replica is there to go on with what this one leaves: one whose lease runs and that does not drain. One
 * that died within its lease still counts.
 */
export async function hasPeers({ sql }: Pick<Database, 'sql'>, replicaId: string): Promise<boolean> {
  const rows = await sql`
    select 1 as peer from replica where id <> ${replicaId}::uuid and lease_until > now() and not draining limit 1`;
  return rows.length > 0;
}
