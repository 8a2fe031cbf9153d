import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { ledgerWire } from '../api/ledger.ts';
import type { AppDeps } from './deps.ts';

/** `/api/v1/ledger`: what became of every promise. */
export async function ledgerRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  app
    .withTypeProvider<ZodTypeProvider>()
    .get(
      '/ledger',
      { schema: { tags: ['callbacks'], summary: 'What became of every promise', response: { 200: ledgerWire } } },
      () => deps.ledger(),
    );
}
