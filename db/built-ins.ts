import { eq } from 'drizzle-orm';
import { defaultCallbackPolicy, defaultLimits } from '../src/domain/agent.ts';
import { BROWSER_NUMBER } from '../src/domain/numbers.ts';
import type { Database } from './database.ts';
import { agent, phoneNumber } from './schema.ts';
import { uuidv7 } from './uuid.ts';

/** The agent that is there from the start, as an operator finds it. */
const firstAgent = {
  name: 'Riley',
  prompt:
    'You are a friendly receptionist. Answer in one or two short sentences. If somebody wants to be called back, find out when and about what, and book it.',
  greeting: 'Hello, how can I help you?',
  language: 'en-US',
  stt: null,
  llm: null,
  voice: null,
  recording: 'announce',
  disclosure: { enabled: true, businessName: '' },
  limits: defaultLimits,
  callbackPolicy: defaultCallbackPolicy,
} as const;

/**
 * Sees to what is there from the start: one default agent, with the tools named by `toolSettings` on, and the browser's
 * number. What exists already stays as it is. Safe with several starters.
 */
export async function keepBuiltIns(
  database: Database,
  options: { timeZone: string; toolSettings: readonly string[] },
): Promise<void> {
  const tools = Object.fromEntries(options.toolSettings.map((setting) => [setting, true]));
  await database.transaction(async (orm) => {
    const [known] = await orm.select({ id: agent.id }).from(agent).where(eq(agent.isDefault, true));
    if (known === undefined) {
      // Another starter may be a moment faster; the unique index on the default lets one in.
      await orm
        .insert(agent)
        .values({ ...firstAgent, id: uuidv7(), timeZone: options.timeZone, isDefault: true, tools })
        .onConflictDoNothing();
    }
    await orm
      .insert(phoneNumber)
      .values({
        id: uuidv7(),
        number: BROWSER_NUMBER,
        carrier: 'browser',
        agentId: null,
        inboundEnabled: true,
        outboundEnabled: true,
        builtIn: true,
      })
      .onConflictDoNothing();
  });
}
