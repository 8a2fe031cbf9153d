import { eq, sql } from 'drizzle-orm';
import type { Database, Transaction } from './database.ts';
import { DATABASE_IDENTITY_KEY } from './looked-at.ts';
import { audit, carrierPause, setting } from './schema.ts';
import { uuidv7 } from './uuid.ts';

/** Where it stands why all outbound is held; no row: it is not. The last look before each dial reads it. */
export const OUTBOUND_HOLD_KEY = 'outbound_hold';

/** A carrier that is not dialled because its account has a fault, until that is mended. */
export interface CarrierPause {
  readonly carrier: string;
  readonly reason: string;
  readonly since: Temporal.Instant;
}

/** Holds all outbound until somebody releases it. The first reason stays. Without an `actor` the gateway itself does it. */
export async function holdOutbound(database: Database, reason: string, actor = 'gateway'): Promise<void> {
  await database.transaction((orm) => holdIn(orm, reason, actor));
}

/** The same within a transaction. */
export async function holdIn(orm: Transaction, reason: string, actor: string): Promise<void> {
  const rows = await orm
    .insert(setting)
    .values({ key: OUTBOUND_HOLD_KEY, value: reason })
    .onConflictDoNothing()
    .returning();
  if (rows.length > 0) await orm.insert(audit).values(entry(actor, 'outbound.held', 'outbound', 'all'));
}

/**
 * Lets outbound go on; nothing happens where it is not held. Where the database was found to be restored or copied, what
 * it has written down of itself is renewed: from here on it is an installation of its own, that nobody remembers.
 */
export async function releaseOutbound(database: Database, actor: string): Promise<void> {
  await database.transaction(async (orm) => {
    await orm.execute(sql`
      update ${setting} set updated_at = now(), value = case when value ? 'strange'
        then jsonb_build_object('installation', gen_random_uuid(), 'epoch', 1, 'known', null, 'looked', value -> 'looked')
        else value - 'failover' end
      where key = ${DATABASE_IDENTITY_KEY} and (value ? 'strange' or value ? 'failover')`);
    const rows = await orm.delete(setting).where(eq(setting.key, OUTBOUND_HOLD_KEY)).returning();
    if (rows.length > 0) await orm.insert(audit).values(entry(actor, 'outbound.released', 'outbound', 'all'));
  });
}

/** Why all outbound is held; null where it is not. */
export async function outboundHeldReason(database: Database): Promise<string | null> {
  const [row] = await database.orm.select().from(setting).where(eq(setting.key, OUTBOUND_HOLD_KEY));
  return typeof row?.value === 'string' ? row.value : null;
}

export function pausedCarriers(database: Database): Promise<CarrierPause[]> {
  return database.orm.select().from(carrierPause);
}

/** Lets a paused carrier dial again; nothing happens where it is not paused. */
export async function resumeCarrier(database: Database, carrier: string, actor: string): Promise<void> {
  await database.transaction(async (orm) => {
    const rows = await orm.delete(carrierPause).where(eq(carrierPause.carrier, carrier)).returning();
    if (rows.length > 0) await orm.insert(audit).values(entry(actor, 'carrier.resumed', 'carrier', carrier));
  });
}

function entry(actor: string, action: string, subjectType: string, subjectId: string) {
  return { id: uuidv7(), actor, action, subjectType, subjectId };
}
