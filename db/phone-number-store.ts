import { and, asc, eq, gt, isNotNull, isNull, or, sql } from 'drizzle-orm';
import type { Database, Transaction } from './database.ts';
import { agent, callback, phoneNumber } from './schema.ts';
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

/** One of our numbers as it is now. */
export async function findPhoneNumber(orm: Pick<Transaction, 'select'>, id: string): Promise<PhoneNumber | undefined> {
  const [row] = await orm.select(columns).from(phoneNumber).where(eq(phoneNumber.id, id));
  return row;
}

/** False where we have that number already. */
export async function insertPhoneNumber(orm: Transaction, values: PhoneNumber): Promise<boolean> {
  const rows = await orm.insert(phoneNumber).values(values).onConflictDoNothing().returning({ id: phoneNumber.id });
  return rows.length === 1;
}

/** Writes who answers a number and its switches; the number itself never changes. */
export async function updatePhoneNumber(orm: Transaction, values: PhoneNumber): Promise<void> {
  const { agentId, inboundEnabled, outboundEnabled } = values;
  await orm
    .update(phoneNumber)
    .set({ agentId, inboundEnabled, outboundEnabled, updatedAt: sql`now()` })
    .where(eq(phoneNumber.id, values.id));
}

/** Nothing happens where it is gone already. */
export async function deletePhoneNumber(orm: Transaction, id: string): Promise<void> {
  await orm.delete(phoneNumber).where(eq(phoneNumber.id, id));
}

/** The numbers that an agent could dial from: its own, the built-in ones, and for the default agent those of nobody. */
export function numbersOfAgent(orm: Transaction, of: { id: string; isDefault: boolean }): Promise<PhoneNumber[]> {
  return orm
    .select(columns)
    .from(phoneNumber)
    .where(
      or(
        eq(phoneNumber.agentId, of.id),
        eq(phoneNumber.builtIn, true),
        of.isDefault ? isNull(phoneNumber.agentId) : undefined,
      ),
    )
    .orderBy(asc(phoneNumber.number));
}

/** Whom the open callbacks of an agent are promised to; up to `limit` of them. */
export async function peopleWaitingFor(orm: Transaction, agentId: string, limit: number): Promise<string[]> {
  const rows = await orm
    .select({ to: callback.to })
    .from(callback)
    .where(
      and(
        eq(callback.agentId, agentId),
        or(
          eq(callback.status, 'scheduled'),
          eq(callback.status, 'dialing'),
          and(eq(callback.status, 'no_answer'), isNotNull(callback.nextAttemptAt)),
        ),
      ),
    )
    .limit(limit);
  return rows.map(({ to }) => to);
}

/** The agent that answers on a number: its own, or the default one. */
export async function agentServedBy(
  orm: Transaction,
  number: Pick<PhoneNumber, 'agentId'>,
): Promise<{ id: string; isDefault: boolean } | undefined> {
  const [row] = await orm
    .select({ id: agent.id, isDefault: agent.isDefault })
    .from(agent)
    .where(number.agentId === null ? eq(agent.isDefault, true) : eq(agent.id, number.agentId));
  return row;
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
