import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { refusals } from '../api/common.ts';
import { toolWire } from '../api/system.ts';
import type { AgentSettings } from '../domain/agent.ts';
import type { AppDeps } from './deps.ts';

const PAGE = 200;
/** Far more agents than anybody sets up. */
const MOST_PAGES = 50;

/** `/api/v1/tools`: what agents can do in the middle of a call. */
export async function toolRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/tools',
    {
      schema: {
        tags: ['tools'],
        summary: 'Every tool, and which agents have it on',
        response: { 200: z.object({ items: z.array(toolWire), nextCursor: z.null() }), ...refusals },
      },
    },
    async () => {
      const agents = await everyAgent(deps);
      const items = deps.tools.map(({ name, setting, title, summary }) => ({
        name,
        setting,
        title,
        summary,
        agentIds: agents.filter((agent) => agent.tools[setting] === true).map((agent) => agent.id),
      }));
      // What the product is about stands first.
      return { items: items.toSorted((one, other) => rank(one.name) - rank(other.name)), nextCursor: null };
    },
  );
}

function rank(name: string): number {
  return name === 'schedule_callback' ? 0 : 1;
}

async function everyAgent(deps: AppDeps): Promise<AgentSettings[]> {
  const agents: AgentSettings[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const { items, nextCursor } = await deps.agents.list({ limit: PAGE, cursor });
    agents.push(...items);
    if (nextCursor === null) break;
    cursor = nextCursor;
  }
  return agents;
}
