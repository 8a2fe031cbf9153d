import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import {
  bulkCancelInput,
  bulkMoveInput,
  bulkResult,
  changeableQuery,
  changeableWire,
  MOST_BY_FILTER,
  type BulkChoice,
  type BulkFilter,
  type BulkResult,
} from '../api/callback-bulk.ts';
import { callbackToWire } from '../api/callbacks.ts';
import { refusals } from '../api/common.ts';
import { canCancel } from '../domain/callback-states.ts';
import { isRingbackError, RingbackError } from '../errors.ts';
import type { Actor, AppDeps, CallbackView } from './deps.ts';

/** Changes of one request that are under way at once. */
const AT_ONCE = 4;
const PAGE = 200;
/** A callback may be in flight one moment and wait the next: so far may a count be off, or a tenth of it. */
const OFF_BY = 2;

/** Many callbacks at once: each is changed by itself, and the answer says of each what became of it. */
export async function callbackBulkRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { callbacks } = deps;
  const tags = ['callbacks'];
  const description =
    'Each by itself: some may be refused. The answer says of each what became of it. The rows are named, or chosen by ' +
    'the filters of the list among those that wait for their time or their retry, the earliest first. A filter goes ' +
    `with how many were counted: where that is off by more than a tenth (and by more than ${OFF_BY}), nothing is changed.`;

  routes.get(
    '/callbacks/changeable',
    {
      schema: {
        tags,
        summary: 'How many callbacks of a filter could be cancelled or moved',
        querystring: changeableQuery,
        response: { 200: changeableWire, ...refusals },
      },
    },
    async ({ query }) => ({ count: (await changeable(deps, query)).length, most: MOST_BY_FILTER }) as const,
  );

  routes.post(
    '/callbacks/bulk-cancel',
    {
      schema: {
        tags,
        summary: 'Cancel several callbacks',
        description,
        body: bulkCancelInput,
        response: { 200: bulkResult, ...refusals },
      },
    },
    async ({ body, actor }) => forEach(await chosen(deps, body), (id) => callbacks.cancel(id, actor), deps),
  );

  routes.post(
    '/callbacks/bulk-reschedule',
    {
      schema: {
        tags,
        summary: 'Move several callbacks by the same time',
        description,
        body: bulkMoveInput,
        response: { 200: bulkResult, ...refusals },
      },
    },
    async ({ body, actor }) => forEach(await chosen(deps, body), (id) => moveBy(deps, id, body, actor), deps),
  );
}

/** The rows that are meant. Throws `too_many_rows`, and `selection_changed` where others match than were counted. */
async function chosen(deps: AppDeps, choice: BulkChoice): Promise<readonly string[]> {
  if ('ids' in choice) return choice.ids;
  const { filter, expected } = choice;
  const ids = await changeable(deps, filter);
  if (ids.length > MOST_BY_FILTER) throw new RingbackError('too_many_rows', [String(MOST_BY_FILTER)]);
  if (Math.abs(ids.length - expected) > Math.max(OFF_BY, expected / 10))
    throw new RingbackError('selection_changed', [String(ids.length), String(expected)], {
      details: { count: ids.length },
    });
  return ids;
}

/** The waiting ones that a filter leaves, the earliest first; at most one more than may be changed by a request. */
async function changeable(deps: AppDeps, filter: BulkFilter): Promise<string[]> {
  const waiting = ['scheduled', 'no_answer'] as const;
  const status = waiting.filter((each) => filter.status === undefined || filter.status.includes(each));
  if (status.length === 0 || filter.open === false) return [];
  const ids: string[] = [];
  let cursor: string | undefined;
  while (ids.length <= MOST_BY_FILTER) {
    const query = { ...filter, status, open: true, sort: 'due', order: 'asc', limit: PAGE, cursor } as const;
    const page = await deps.callbacks.list(query);
    ids.push(...page.items.filter(({ callback }) => canCancel(callback)).map(({ callback }) => callback.id));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  return ids.slice(0, MOST_BY_FILTER + 1);
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
