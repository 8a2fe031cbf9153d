import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { refusals } from '../api/common.ts';
import { carrierParams, holdInput, outboundWire } from '../api/outbound.ts';
import type { AppDeps } from './deps.ts';

/** Whether outbound is held or a carrier paused, and an operator's word to go on. */
export async function outboundRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { outbound } = deps;
  const tags = ['outbound'];
  const response = { 200: outboundWire, ...refusals };

  routes.get('/outbound', { schema: { tags, summary: 'Whether outbound is held', response } }, () => outbound.look());

  routes.post(
    '/outbound/hold',
    { schema: { tags, summary: 'Hold all outbound until it is released', body: holdInput, response } },
    async ({ body, actor }) => {
      await outbound.hold(body.reason, actor);
      return outbound.look();
    },
  );

  routes.post(
    '/outbound/release',
    { schema: { tags, summary: 'Release held outbound', response } },
    async ({ actor }) => {
      await outbound.release(actor);
      return outbound.look();
    },
  );

  routes.post(
    '/carriers/:name/resume',
    { schema: { tags, summary: 'Let a paused carrier dial again', params: carrierParams, response } },
    async ({ params, actor }) => {
      await outbound.resume(params.name, actor);
      return outbound.look();
    },
  );
}
