import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { refusals } from '../api/common.ts';
import { erasedWire, eraseInput, personQuery, personWire } from '../api/people.ts';
import type { AppDeps } from './deps.ts';

/** `/api/v1/people`: what is kept about whoever has a number, and its erasure. */
export async function peopleRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const tags = ['people'];

  routes.get(
    '/people',
    {
      schema: {
        tags,
        summary: 'What is kept about whoever has a number',
        querystring: personQuery,
        response: { 200: personWire, ...refusals },
      },
    },
    ({ query }) => deps.people.lookUp(query.number),
  );

  routes.post(
    '/people/erase',
    {
      schema: {
        tags,
        summary: 'Erase what a person said and what was noted about them',
        description:
          'Transcripts, summaries, recordings, reasons and the name go for good; open callbacks are cancelled first. Rows without words, the number and the do-not-call list stay. 409 `in_use` while a call with them goes on, and for a minute after.',
        body: eraseInput,
        response: { 200: erasedWire, ...refusals },
      },
    },
    ({ body, actor }) => deps.people.erase(body.number, actor),
  );
}
