import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { agentPage, agentQuery, agentToWire, agentWire } from '../api/agents.ts';
import { idParams } from '../api/common.ts';
import { phoneNumberPage, phoneNumberQuery } from '../api/phone-numbers.ts';
import { systemWire, toolWire } from '../api/system.ts';
import { RingbackError } from '../errors.ts';
import type { AppDeps } from './deps.ts';

/** What an operator has set up: agents, phone numbers, tools, and what this installation runs on. */
export async function setUpRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/agents',
    { schema: { tags: ['agents'], summary: 'List agents', querystring: agentQuery, response: { 200: agentPage } } },
    async ({ query }) => {
      const { items, nextCursor } = await deps.agents.list(query);
      return { items: items.map(agentToWire), nextCursor };
    },
  );

  routes.get(
    '/agents/:id',
    { schema: { tags: ['agents'], summary: 'An agent', params: idParams, response: { 200: agentWire } } },
    async ({ params }) => {
      const agent = await deps.agents.find(params.id);
      if (agent === undefined) throw new RingbackError('not_found', ['agent']);
      return agentToWire(agent);
    },
  );

  routes.get(
    '/phone-numbers',
    {
      schema: {
        tags: ['phone numbers'],
        summary: 'List phone numbers',
        querystring: phoneNumberQuery,
        response: { 200: phoneNumberPage },
      },
    },
    async ({ query }) => {
      const { items, nextCursor } = await deps.phoneNumbers.list(query);
      return { items: [...items], nextCursor };
    },
  );

  routes.get(
    '/tools',
    {
      schema: {
        tags: ['tools'],
        summary: 'Every tool, and which agents have it on',
        response: { 200: z.object({ items: z.array(toolWire), nextCursor: z.null() }) },
      },
    },
    async () => {
      const agents = await deps.agents.list({ limit: 200 });
      const items = deps.tools.map(({ name, setting, title, summary }) => ({
        name,
        setting,
        title,
        summary,
        agentIds: agents.items.filter((agent) => agent.tools[setting] === true).map((agent) => agent.id),
      }));
      return { items, nextCursor: null };
    },
  );

  routes.get(
    '/system',
    { schema: { tags: ['system'], summary: 'What runs here, and what only stands in', response: { 200: systemWire } } },
    () => deps.system(),
  );
}
