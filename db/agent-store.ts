import { and, asc, count, eq, gt, isNotNull, isNull, or, sql } from 'drizzle-orm';
import { defaultTools, type AgentSettings } from '../src/domain/agent.ts';
import type { Database, Transaction } from './database.ts';
import { agent, call, callback, phoneNumber } from './schema.ts';

/** The columns that an agent's settings are made of. */
const settings = {
  id: agent.id,
  name: agent.name,
  prompt: agent.prompt,
  greeting: agent.greeting,
  language: agent.language,
  timeZone: agent.timeZone,
  isDefault: agent.isDefault,
  stt: agent.stt,
  llm: agent.llm,
  voice: agent.voice,
  recording: agent.recording,
  disclosure: agent.disclosure,
  limits: agent.limits,
  // Filled here alone, so that the session, the API and the console see the same switches.
  tools: sql<AgentSettings['tools']>`${sql.raw(`'${JSON.stringify(defaultTools)}'::jsonb`)} || ${agent.tools}`.mapWith(
    agent.tools,
  ),
  callbackPolicy: agent.callbackPolicy,
};

/** Up to `limit` agents in the order in which they were made; `afterId` is the last one of the page before. */
export function listAgents(
  database: Database,
  page: { limit: number; afterId?: string | undefined },
): Promise<AgentSettings[]> {
  return database.orm
    .select(settings)
    .from(agent)
    .where(and(isNull(agent.deletedAt), page.afterId === undefined ? undefined : gt(agent.id, page.afterId)))
    .orderBy(asc(agent.id))
    .limit(page.limit);
}

/** An agent as it is now, or as it was when it was deleted: what began with it ends with it. */
export async function findAgent(database: Database, id: string): Promise<AgentSettings | undefined> {
  const [row] = await database.orm.select(settings).from(agent).where(eq(agent.id, id));
  return row;
}

/** An agent that is not deleted: with it something new may begin. */
export async function findCurrentAgent(
  orm: Pick<Transaction, 'select'>,
  id: string,
): Promise<AgentSettings | undefined> {
  const [row] = await orm
    .select(settings)
    .from(agent)
    .where(and(eq(agent.id, id), isNull(agent.deletedAt)));
  return row;
}

/** The agent that answers where a number names none. */
export async function findDefaultAgent(database: Database): Promise<AgentSettings | undefined> {
  const [row] = await database.orm.select(settings).from(agent).where(eq(agent.isDefault, true));
  return row;
}

/** Only one can be the default: take it away from the other first. */
export async function insertAgent(orm: Transaction, values: AgentSettings): Promise<void> {
  await orm.insert(agent).values(values);
}

/** Writes all settings of an agent. */
export async function updateAgent(orm: Transaction, values: AgentSettings): Promise<void> {
  const { id, ...change } = values;
  await orm
    .update(agent)
    .set({ ...change, updatedAt: sql`now()` })
    .where(eq(agent.id, id));
}

/** Takes the default away from whichever agent has it; returns that agent's id. */
export async function takeDefaultAway(orm: Transaction): Promise<string | undefined> {
  const [row] = await orm
    .update(agent)
    .set({ isDefault: false, updatedAt: sql`now()` })
    .where(eq(agent.isDefault, true))
    .returning({ id: agent.id });
  return row?.id;
}

/** Takes an agent out of the set-up; its row stays for the calls and callbacks of the past. */
export async function markAgentDeleted(orm: Transaction, id: string): Promise<void> {
  await orm
    .update(agent)
    .set({ deletedAt: sql`now()`, updatedAt: sql`now()` })
    .where(eq(agent.id, id));
}

/** What still needs an agent. */
export interface AgentNeeds {
  /** Callbacks that are dialled or are to be. */
  readonly openCallbacks: number;
  readonly liveCalls: number;
  /** The numbers on which it answers. */
  readonly numbers: readonly string[];
}

/** Locks the agent first, so that a booking that is being written is either seen here or comes after. */
export async function lookWhoNeedsAgent(orm: Transaction, id: string): Promise<AgentNeeds> {
  await orm.select({ id: agent.id }).from(agent).where(eq(agent.id, id)).for('update');
  const isOpen = or(
    eq(callback.status, 'dialing'),
    eq(callback.status, 'scheduled'),
    and(eq(callback.status, 'no_answer'), isNotNull(callback.nextAttemptAt)),
  );
  const [callbacks] = await orm
    .select({ rows: count() })
    .from(callback)
    .where(and(eq(callback.agentId, id), isOpen));
  const [calls] = await orm
    .select({ rows: count() })
    .from(call)
    .where(and(eq(call.agentId, id), isNull(call.endedAt)));
  const numbers = await orm
    .select({ number: phoneNumber.number })
    .from(phoneNumber)
    .where(eq(phoneNumber.agentId, id))
    .orderBy(asc(phoneNumber.number));
  return {
    openCallbacks: callbacks?.rows ?? 0,
    liveCalls: calls?.rows ?? 0,
    numbers: numbers.map(({ number }) => number),
  };
}
