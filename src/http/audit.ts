import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { auditPage, auditQuery, auditToWire } from '../api/audit.ts';
import { refusals } from '../api/common.ts';
import type { AppDeps } from './deps.ts';

/** `/api/v1/audit`: who changed what. */
export async function auditRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/audit',
    {
      schema: {
        tags: ['audit'],
        summary: 'Who changed what, the newest first',
        querystring: auditQuery,
        response: { 200: auditPage, ...refusals },
      },
    },
    async ({ query }) => {
      const { items, nextCursor } = await deps.audit(query);
      return { items: items.map(auditToWire), nextCursor };
    },
  );
}
