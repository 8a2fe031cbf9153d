import type { Sql } from 'postgres';

/** Reads that happen all the time, as the product makes them, and must cost the same however much is stored. */
const hotReads: Readonly<Record<string, (sql: Sql) => Promise<readonly object[]>>> = {
  horizon: (sql) => sql`
    explain (format json) select * from timer where fire_at >= now() and fire_at < now() + interval '20 s'
    order by fire_at, id limit 5000`,
  overdue: (sql) => sql`
    explain (format json) select * from timer where fire_at < now() - interval '300 ms' order by fire_at, id limit 100`,
  claim: (sql) => sql`
    explain (format json) select * from callback where id = any('{00000000-0000-7000-8000-000000000001,00000000-0000-7000-8000-000000000002}'::uuid[])
    order by next_attempt_at, id for update skip locked`,
  'open promise': (sql) => sql`
    explain (format json) select id from callback where agent_id = '00000000-0000-7000-8000-000000000001'::uuid and to_number = 'browser:x'
    and status in ('scheduled', 'no_answer') and next_attempt_at is not null for update`,
  'being dialled': (sql) => sql`
    explain (format json) select id from callback where agent_id = '00000000-0000-7000-8000-000000000001'::uuid and to_number = 'browser:x'
    and status = 'dialing' limit 1`,
  stuck: (sql) => sql`
    explain (format json) select id from callback where status = 'dialing' and updated_at < now() - interval '1 hour'
    order by updated_at limit 100`,
  'first page': (sql) => sql`
    explain (format json) select * from callback order by due_at, id limit 50`,
};

/** The reads for which the database would look at a whole table. */
export async function plansByKey(sql: Sql): Promise<{ notByKey: string[] }> {
  const notByKey: string[] = [];
  for (const [name, explain] of Object.entries(hotReads)) {
    const plan = JSON.stringify(await explain(sql));
    if (plan.includes('Seq Scan')) notByKey.push(name);
  }
  return { notByKey };
}
