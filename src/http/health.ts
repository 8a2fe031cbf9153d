import type { FastifyInstance } from 'fastify';
import type { AppDeps } from './deps.ts';

/** `/healthz`: the process is up. `/readyz`: it takes traffic, or 503 and why not; and which vendors do not answer it. */
export async function healthRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  app.get('/healthz', { schema: { hide: true } }, async () => ({ status: 'up' }));
  app.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const reason = deps.notReady();
    return reply
      .code(reason === null ? 200 : 503)
      .send({ ready: reason === null, reason, vendorsDown: deps.vendorsDown?.() ?? [] });
  });
}
