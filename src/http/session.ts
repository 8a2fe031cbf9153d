import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { wireTime } from '../api/common.ts';
import { sessionInput, sessionOpened } from '../api/session.ts';
import { requireOwnOrigin, SESSION_COOKIE } from './guard.ts';
import type { AppDeps } from './deps.ts';

/** Signing in and out. The cookie is out of reach of scripts, and of other sites' forms. */
export async function sessionRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const cookie = () =>
    ({ path: '/', httpOnly: true, sameSite: 'lax', secure: deps.publicUrl().startsWith('https:') }) as const;

  routes.route({
    method: 'POST',
    url: '/session',
    config: { rateLimit: { max: 20, timeWindow: '1 minute' } },
    schema: {
      tags: ['session'],
      summary: 'Sign in with the admin token or a sign-in code',
      body: sessionInput,
      response: { 200: sessionOpened },
    },
    handler: async (request, reply) => {
      if (request.headers.origin !== undefined) requireOwnOrigin(request, deps.publicUrl());
      const { session, expiresAt } = await deps.auth.signIn(request.body, request.headers['user-agent'] ?? '');
      // oxlint-disable-next-line no-restricted-globals -- the cookie plugin takes no other time
      void reply.setCookie(SESSION_COOKIE, session, { ...cookie(), expires: new Date(expiresAt.epochMilliseconds) });
      return { expiresAt: wireTime(expiresAt) };
    },
  });

  routes.route({
    method: 'DELETE',
    url: '/session',
    schema: { tags: ['session'], summary: 'Sign out', response: { 204: z.void() } },
    handler: async (request, reply) => {
      const session = request.cookies[SESSION_COOKIE];
      if (session !== undefined) {
        requireOwnOrigin(request, deps.publicUrl());
        await deps.auth.signOut(session);
      }
      return reply.clearCookie(SESSION_COOKIE, cookie()).code(204).send();
    },
  });
}
