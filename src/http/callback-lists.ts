import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { callbackToWire, exportQuery, zoneQuery, zoneWire, type CallbackQuery } from '../api/callbacks.ts';
import { refusals } from '../api/common.ts';
import { csvHead, csvLine } from './callback-csv.ts';
import type { AppDeps } from './deps.ts';

const EXPORT_PAGE = 200;
const MOST_EXPORTED = 50_000;

/** What goes with the list: itself as a file, and what a number tells before anything is booked. */
export async function callbackListRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { callbacks } = deps;
  const tags = ['callbacks'];

  routes.get(
    '/callbacks/export',
    {
      schema: {
        tags,
        summary: 'The list as CSV, at most 50,000 rows',
        description: 'The same filters as the list. Cells that a spreadsheet would take for formulas are defused.',
        querystring: exportQuery,
        produces: ['text/csv'],
      },
    },
    ({ query }, reply) =>
      reply
        .type('text/csv; charset=utf-8')
        .header('cache-control', 'private, no-store')
        .header('content-disposition', 'attachment; filename="callbacks.csv"')
        .send(Readable.from(lines(deps, query))),
  );

  routes.get(
    '/callbacks/zone',
    {
      schema: {
        tags,
        summary: 'In which zones a number may be',
        querystring: zoneQuery,
        response: { 200: zoneWire, ...refusals },
      },
    },
    async ({ query }) => {
      const { zones, ...rest } = await callbacks.zone(query.agentId, query.to);
      return { ...rest, zones: [...zones] };
    },
  );
}

async function* lines(deps: AppDeps, query: Omit<CallbackQuery, 'limit' | 'cursor'>): AsyncGenerator<string> {
  yield csvHead;
  const names = new Map<string, string>();
  const nameOf = async (id: string): Promise<string> => {
    const known = names.get(id) ?? (await deps.agents.find(id))?.name ?? 'A deleted agent';
    names.set(id, known);
    return known;
  };
  let cursor: string | undefined;
  for (let told = 0; told < MOST_EXPORTED; told += EXPORT_PAGE) {
    const page = await deps.callbacks.list({ ...query, limit: EXPORT_PAGE, cursor });
    for (const { callback, current } of page.items)
      yield csvLine(callbackToWire(callback, current), await nameOf(callback.agentId));
    if (page.nextCursor === null) return;
    cursor = page.nextCursor;
  }
  yield `# ${MOST_EXPORTED} rows are the most: narrow the filter for the rest\r\n`;
}
