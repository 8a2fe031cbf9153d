import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { refusals } from '../api/common.ts';
import { healthWire } from '../api/health.ts';
import { systemWire } from '../api/system.ts';
import type { AppDeps } from './deps.ts';

/** `/api/v1/system`: what this installation runs on. */
export async function systemRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.get(
    '/system/health',
    {
      schema: {
        tags: ['system'],
        summary: 'Replicas, database, event loop and limits',
        response: { 200: healthWire, ...refusals },
      },
    },
    () => deps.health(),
  );
  routes.get(
    '/system',
    {
      schema: {
        tags: ['system'],
        summary: 'What runs here, and what only stands in',
        response: { 200: systemWire, ...refusals },
      },
    },
    () => deps.system(),
  );
}
