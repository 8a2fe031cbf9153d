import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { agentInput, agentPage, agentPatch, agentToWire, agentWire } from '../api/agents.ts';
import { idParams, pageOnly, refusals } from '../api/common.ts';
import { RingbackError } from '../errors.ts';
import type { AppDeps } from './deps.ts';

/** `/api/v1/agents`: who answers, and how they keep promises. */
export async function agentRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { agents } = deps;
  const tags = ['agents'];

  routes.get(
    '/agents',
    { schema: { tags, summary: 'List agents', querystring: pageOnly, response: { 200: agentPage, ...refusals } } },
    async ({ query }) => {
      const { items, nextCursor } = await agents.list(query);
      return { items: items.map(agentToWire), nextCursor };
    },
  );

  routes.get(
    '/agents/:id',
    { schema: { tags, summary: 'An agent', params: idParams, response: { 200: agentWire, ...refusals } } },
    async ({ params }) => {
      const agent = await agents.find(params.id);
      if (agent === undefined) throw new RingbackError('not_found', ['agent']);
      return agentToWire(agent);
    },
  );

  routes.post(
    '/agents',
    { schema: { tags, summary: 'Make an agent', body: agentInput, response: { 201: agentWire, ...refusals } } },
    async ({ body, actor }, reply) => {
      requireTools(deps, body.tools);
      return reply.code(201).send(agentToWire(await agents.create(body, actor)));
    },
  );

  routes.patch(
    '/agents/:id',
    {
      schema: {
        tags,
        summary: 'Change an agent',
        description: 'Objects of settings are merged, lists and calling hours replaced. There is always one default.',
        params: idParams,
        body: agentPatch,
        response: { 200: agentWire, ...refusals },
      },
    },
    async ({ params, body, actor }) => {
      requireTools(deps, body.tools);
      return agentToWire(await agents.change(params.id, body, actor));
    },
  );

  routes.delete(
    '/agents/:id',
    {
      schema: {
        tags,
        summary: 'Delete an agent',
        description: 'Its calls and callbacks of the past stay. 409 `in_use` says what still needs it.',
        params: idParams,
        response: { 204: z.void(), ...refusals },
      },
    },
    async ({ params, actor }, reply) => {
      await agents.remove(params.id, actor);
      return reply.code(204).send();
    },
  );
}

/** A switch of a tool that does not exist would never do anything. Throws `invalid_request`. */
function requireTools(deps: AppDeps, switches: Readonly<Record<string, boolean>> | undefined): void {
  const unknown = Object.keys(switches ?? {}).find((name) => !deps.tools.some(({ setting }) => setting === name));
  if (unknown === undefined) return;
  const field = { path: `tools.${unknown}`, message: 'there is no such tool' };
  throw new RingbackError('invalid_request', [`${field.path}: ${field.message}`], { details: { fields: [field] } });
}
