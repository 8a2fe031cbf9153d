import { asc, eq, gt } from 'drizzle-orm';
import type { AgentSettings } from '../src/domain/agent.ts';
import type { Database } from './database.ts';
import { agent } from './schema.ts';

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
  tools: agent.tools,
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
    .where(page.afterId === undefined ? undefined : gt(agent.id, page.afterId))
    .orderBy(asc(agent.id))
    .limit(page.limit);
}

/** An agent as it is now. */
export async function findAgent(database: Database, id: string): Promise<AgentSettings | undefined> {
  const [row] = await database.orm.select(settings).from(agent).where(eq(agent.id, id));
  return row;
}

/** The agent that answers where a number names none. */
export async function findDefaultAgent(database: Database): Promise<AgentSettings | undefined> {
  const [row] = await database.orm.select(settings).from(agent).where(eq(agent.isDefault, true));
  return row;
}
