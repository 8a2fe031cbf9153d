import type { CallFilter, CallRecords } from '../../db/call-store.ts';
import type { Call, Turn } from '../domain/call.ts';
import { RingbackError } from '../errors.ts';

/** How a page of calls is asked for; times are ISO 8601. */
export interface CallLogQuery {
  readonly status?: CallFilter['statuses'];
  readonly agentId?: string | undefined;
  readonly conversationId?: string | undefined;
  readonly callbackId?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly q?: string | undefined;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** A page of calls by when they began. Throws `invalid_request` for a cursor that is not ours. */
export async function listCalls(
  records: CallRecords,
  query: CallLogQuery,
): Promise<{ items: Call[]; nextCursor: string | null }> {
  const found = await records.list({
    statuses: query.status,
    agentId: query.agentId,
    conversationId: query.conversationId,
    callbackId: query.callbackId,
    startedFrom: query.from === undefined ? undefined : Temporal.Instant.from(query.from),
    startedUntil: query.until === undefined ? undefined : Temporal.Instant.from(query.until),
    search: query.q,
    order: query.order,
    // One more than asked for tells whether there is a next page.
    limit: query.limit + 1,
    after: query.cursor === undefined ? undefined : readCursor(query.cursor),
  });
  const items = found.slice(0, query.limit);
  const last = items.at(-1);
  return { items, nextCursor: found.length > query.limit && last !== undefined ? cursorOf(last) : null };
}

/** A call with its turns, in the order in which they began; undefined where there is none. */
export async function findCall(
  records: CallRecords,
  id: string,
): Promise<{ call: Call; turns: readonly Turn[] } | undefined> {
  const call = await records.find(id);
  return call === undefined ? undefined : { call, turns: await records.turns(id) };
}

function cursorOf(call: Call): string {
  return Buffer.from(JSON.stringify([call.startedAt.epochMilliseconds, call.id])).toString('base64url');
}

function readCursor(cursor: string): { startedAt: Temporal.Instant; id: string } {
  const match = /^\[(\d{1,14}),"([0-9a-f-]{36})"\]$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (match?.[1] === undefined || match[2] === undefined)
    throw new RingbackError('invalid_request', ['cursor: not one of ours']);
  return { startedAt: Temporal.Instant.fromEpochMilliseconds(Number(match[1])), id: match[2] };
}
