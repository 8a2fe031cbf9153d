import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { idParams, pageOnly, refusals } from '../api/common.ts';
import { doNotCallAdded, doNotCallInput, doNotCallPage, doNotCallToWire } from '../api/do-not-call.ts';
import type { AppDeps } from './deps.ts';

/** `/api/v1/do-not-call`: the numbers that are never dialled. */
export async function doNotCallRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { doNotCall } = deps;
  const tags = ['do not call'];

  routes.get(
    '/do-not-call',
    {
      schema: {
        tags,
        summary: 'List the numbers that are never dialled, the newest first',
        querystring: pageOnly,
        response: { 200: doNotCallPage, ...refusals },
      },
    },
    async ({ query }) => {
      const { items, nextCursor } = await doNotCall.list(query);
      return { items: items.map(doNotCallToWire), nextCursor };
    },
  );

  routes.post(
    '/do-not-call',
    {
      schema: {
        tags,
        summary: 'Never dial a number',
        description: 'Its open callbacks are cancelled. 201 where it is new on the list, 200 where it was on it.',
        body: doNotCallInput,
        response: { 200: doNotCallAdded, 201: doNotCallAdded, ...refusals },
      },
    },
    async ({ body, actor }, reply) => {
      const { entry, isNew, cancelled } = await doNotCall.add(body, actor);
      return reply.code(isNew ? 201 : 200).send({ ...doNotCallToWire(entry), cancelledCallbacks: cancelled });
    },
  );

  routes.delete(
    '/do-not-call/:id',
    {
      schema: {
        tags,
        summary: 'Take a number off the list',
        params: idParams,
        response: { 204: z.void(), ...refusals },
      },
    },
    async ({ params, actor }, reply) => {
      await doNotCall.remove(params.id, actor);
      return reply.code(204).send();
    },
  );
}
