import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { idParams, refusals } from '../api/common.ts';
import { sessionPage, sessionsRevoked, sessionToWire } from '../api/session.ts';
import type { AppDeps } from './deps.ts';
import { sessionOf } from './guard.ts';

/** `/api/v1/sessions`: the browsers that are signed in. */
export async function sessionsRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const tags = ['session'];

  routes.get(
    '/sessions',
    { schema: { tags, summary: 'The browsers that are signed in', response: { 200: sessionPage, ...refusals } } },
    async ({ headers, cookies }) => ({
      items: (await deps.auth.sessions(sessionOf({ headers, cookies }))).map(sessionToWire),
      nextCursor: null,
    }),
  );

  routes.delete(
    '/sessions/:id',
    {
      schema: {
        tags,
        summary: 'Sign a browser out',
        description: 'Its streams of events and its softphone end at once, a call on it included.',
        params: idParams,
        response: { 204: z.void(), ...refusals },
      },
    },
    async ({ params, actor }, reply) => {
      await deps.auth.revoke({ id: params.id }, actor);
      return reply.code(204).send();
    },
  );

  routes.post(
    '/sessions/revoke-others',
    {
      schema: {
        tags,
        summary: 'Sign every other browser out',
        description: 'All of them where it is asked with the admin token.',
        response: { 200: sessionsRevoked, ...refusals },
      },
    },
    async ({ headers, cookies, actor }) => ({
      revoked: await deps.auth.revoke({ allBut: sessionOf({ headers, cookies }) ?? '' }, actor),
    }),
  );
}
