import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import {
  bulkCancelInput,
  bulkMoveInput,
  bulkResult,
  callbackToWire,
  exportQuery,
  zoneQuery,
  zoneWire,
  type BulkResult,
  type CallbackQuery,
} from '../api/callbacks.ts';
import { refusals } from '../api/common.ts';
import { isRingbackError, RingbackError } from '../errors.ts';
import { csvHead, csvLine } from './callback-csv.ts';
import type { Actor, AppDeps, CallbackView } from './deps.ts';

/** Changes of one request that are under way at once. */
const AT_ONCE = 4;
const EXPORT_PAGE = 200;
const MOST_EXPORTED = 50_000;

/** Many callbacks at once: changes with an answer for each row, and the list as a file. */
export async function callbackListRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { callbacks } = deps;
  const tags = ['callbacks'];

  routes.post(
    '/callbacks/bulk-cancel',
    {
      schema: {
        tags,
        summary: 'Cancel several callbacks',
        description: 'Each by itself: some may be refused. The answer says of each what became of it.',
        body: bulkCancelInput,
        response: { 200: bulkResult, ...refusals },
      },
    },
    ({ body, actor }) => forEach(body.ids, (id) => callbacks.cancel(id, actor), deps),
  );

  routes.post(
    '/callbacks/bulk-reschedule',
    {
      schema: {
        tags,
        summary: 'Move several callbacks by the same time',
        body: bulkMoveInput,
        response: { 200: bulkResult, ...refusals },
      },
    },
    ({ body, actor }) => forEach(body.ids, (id) => moveBy(deps, id, body, actor), deps),
  );

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

async function moveBy(
  deps: AppDeps,
  id: string,
  { byMinutes, override }: { byMinutes: number; override: readonly string[] },
  actor: Actor,
): Promise<CallbackView> {
  const found = await deps.callbacks.find(id);
  if (found === undefined) throw new RingbackError('callback_not_found');
  const from = found.callback.nextAttemptAt ?? found.callback.dueAt;
  const dueAt = from.add({ milliseconds: Math.round(byMinutes * 60_000) }).toString();
  return deps.callbacks.move(id, { dueAt, override }, actor);
}

/** A row that is refused stops none of the others. */
async function forEach(
  ids: readonly string[],
  change: (id: string) => Promise<CallbackView>,
  deps: AppDeps,
): Promise<BulkResult> {
  const results: BulkResult['results'] = [];
  const queue = [...new Set(ids)].entries();
  const work = async (): Promise<void> => {
    for (const [index, id] of queue) results[index] = await one(id, change, deps);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const done = results.filter(({ problem }) => problem === null).length;
  return { done, refused: results.length - done, results };
}

async function one(
  id: string,
  change: (id: string) => Promise<CallbackView>,
  deps: AppDeps,
): Promise<BulkResult['results'][number]> {
  try {
    const { callback, current } = await change(id);
    return { id, callback: callbackToWire(callback, current), problem: null };
  } catch (error) {
    const named = isRingbackError(error) ? error : new RingbackError('internal', [], { cause: error });
    if (named !== error)
      deps.log.error({ callbackId: id, fault: error instanceof Error ? error.name : 'unknown' }, 'a row failed');
    return {
      id,
      callback: null,
      problem: {
        ...named.details,
        type: `urn:ringback:problem:${named.code}`,
        title: named.code.replaceAll('_', ' '),
        status: named.httpStatus,
        detail: named.message,
        code: named.code,
      },
    };
  }
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
