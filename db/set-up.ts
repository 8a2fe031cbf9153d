import { sql } from 'drizzle-orm';
import type { Database, Transaction } from './database.ts';
import { audit } from './schema.ts';
import { uuidv7 } from './uuid.ts';

/** One change of set-up. `before` and `after` hold set-up alone, never a caller's words. */
export interface SetUpAudit {
  readonly actor: string;
  readonly action: string;
  readonly subjectType: 'agent' | 'phone_number' | 'number' | 'outbound';
  readonly subjectId: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/**
 * Runs one change of set-up in a transaction, after every other one of all replicas: what a check has seen of agents and
 * numbers is still so when the change is written. Bookings and dials do not wait for it.
 */
export function changeSetUp<T>(database: Database, work: (orm: Transaction) => Promise<T>): Promise<T> {
  return database.transaction(async (orm) => {
    await orm.execute(sql`select pg_advisory_xact_lock(hashtextextended('ringback.set-up', 0))`);
    return work(orm);
  });
}

/** Writes down who changed what, with the change itself. */
export async function auditSetUp(orm: Transaction, entry: SetUpAudit): Promise<void> {
  await orm.insert(audit).values({ id: uuidv7(), ...entry });
}
