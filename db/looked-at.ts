/** The setting in which the database writes down which one it is; see `IdentityRecord`. */
export const DATABASE_IDENTITY_KEY = 'database_identity';

/**
 * A condition for every lease and every claim: somebody has looked at this database on this server (or nobody ever
 * does). A restored, copied or promoted database is always met on another server process than the one of its own record,
 * so that nothing is claimed on it between a reconnect and the look. Two lookups in memory, and a row by its key.
 *
 * `sql` is drizzle's tag or the driver's.
 */
export function lookedAt<Fragment>(sql: (text: TemplateStringsArray) => Fragment): Fragment {
  return sql`not exists (select 1 from setting where key = 'database_identity'
    and (value #>> '{looked,serverStart}' is distinct from extract(epoch from pg_postmaster_start_time())::text
      or value #>> '{looked,databaseOid}' is distinct from
        (select oid::text from pg_database where datname = current_database())))`;
}
