import { asc, eq, gt } from 'drizzle-orm';
import type { Database } from './database.ts';
import { phoneNumber } from './schema.ts';
import { uuidv7 } from './uuid.ts';

export interface PhoneNumber {
  readonly id: string;
  /** E.164 or `browser:ringback`. */
  readonly number: string;
  readonly carrier: string;
  /** Null: the default agent answers. */
  readonly agentId: string | null;
  readonly inboundEnabled: boolean;
  readonly outboundEnabled: boolean;
  readonly builtIn: boolean;
}

const columns = {
  id: phoneNumber.id,
  number: phoneNumber.number,
  carrier: phoneNumber.carrier,
  agentId: phoneNumber.agentId,
  inboundEnabled: phoneNumber.inboundEnabled,
  outboundEnabled: phoneNumber.outboundEnabled,
  builtIn: phoneNumber.builtIn,
};

/** Up to `limit` numbers in the order in which they were made; `afterId` is the last one of the page before. */
export function listPhoneNumbers(
  database: Database,
  page: { limit: number; afterId?: string | undefined },
): Promise<PhoneNumber[]> {
  return database.orm
    .select(columns)
    .from(phoneNumber)
    .where(page.afterId === undefined ? undefined : gt(phoneNumber.id, page.afterId))
    .orderBy(asc(phoneNumber.id))
    .limit(page.limit);
}

/** Our number as it was dialled; one that is not known yet is registered: default agent, outbound off. */
export async function findOrRegisterNumber(
  database: Database,
  dialled: { number: string; carrier: string },
): Promise<PhoneNumber> {
  const known = await find(database, dialled.number);
  if (known !== undefined) return known;
  await database.orm
    .insert(phoneNumber)
    .values({ id: uuidv7(), ...dialled, agentId: null })
    .onConflictDoNothing();
  const registered = await find(database, dialled.number);
  if (registered === undefined) throw new Error('the number was not registered');
  return registered;
}

async function find(database: Database, number: string): Promise<PhoneNumber | undefined> {
  const [row] = await database.orm.select(columns).from(phoneNumber).where(eq(phoneNumber.number, number));
  return row;
}
