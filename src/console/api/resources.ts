import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { AgentWire } from '../../api/agents.ts';
import type { AuditWire } from '../../api/audit.ts';
import type { ChangeableWire } from '../../api/callback-bulk.ts';
import type { CallbackWire, ZoneWire } from '../../api/callbacks.ts';
import type { CallWire } from '../../api/calls.ts';
import type { DoNotCallWire } from '../../api/do-not-call.ts';
import type { HealthWire, WiringWire } from '../../api/health.ts';
import type { OutboundWire } from '../../api/outbound.ts';
import type { PhoneNumberWire } from '../../api/phone-numbers.ts';
import type { SessionWire } from '../../api/session.ts';
import type { SystemWire, ToolWire } from '../../api/system.ts';
import { pageClock } from '../time/clock.ts';
import { get, timed, withQuery } from './http.ts';

/* What the pages read, and under which keys it is kept. */

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

export const callbackQueries = {
  all: ['callbacks'] as const,
  /** A page of the list. */
  list: (query: Record<string, string | undefined>) =>
    queryOptions({
      queryKey: ['callbacks', 'list', query],
      queryFn: ({ signal }) => get<Page<CallbackWire>>(withQuery('/callbacks', query), signal),
    }),
  /** How many of a filter could be changed by one request. */
  changeable: ({ sort: _sort, order: _order, ...query }: Record<string, string | undefined>) =>
    queryOptions({
      queryKey: ['callbacks', 'changeable', query],
      queryFn: ({ signal }) => get<ChangeableWire>(withQuery('/callbacks/changeable', query), signal),
    }),
  one: (id: string) =>
    queryOptions({
      queryKey: ['callbacks', 'one', id],
      queryFn: ({ signal }) => get<CallbackWire>(`/callbacks/${id}`, signal),
    }),
};

export const callQueries = {
  all: ['calls'] as const,
  /** A page of the list. */
  list: (query: Record<string, string | readonly string[] | undefined>) =>
    queryOptions({
      queryKey: ['calls', 'list', query],
      queryFn: ({ signal }) => get<Page<CallWire>>(withQuery('/calls', query), signal),
    }),
  ofConversation: (conversationId: string) =>
    queryOptions({
      queryKey: ['calls', 'conversation', conversationId],
      queryFn: ({ signal }) => get<Page<CallWire>>(withQuery('/calls', { conversationId, order: 'asc' }), signal),
    }),
  one: (id: string) =>
    queryOptions({ queryKey: ['calls', 'one', id], queryFn: ({ signal }) => get<CallWire>(`/calls/${id}`, signal) }),
};

/** What a number tells of its zone. */
export const zoneQuery = (agentId: string, to: string) =>
  queryOptions({
    queryKey: ['zone', agentId, to],
    queryFn: ({ signal }) => get<ZoneWire>(withQuery('/callbacks/zone', { agentId, to }), signal),
    staleTime: 60_000,
  });

export const agentList = queryOptions({
  queryKey: ['agents'],
  queryFn: ({ signal }) => get<Page<AgentWire>>('/agents?limit=200', signal),
  staleTime: 60_000,
});
export const agentQuery = (id: string) =>
  queryOptions({
    queryKey: ['agents', id],
    queryFn: ({ signal }) => get<AgentWire>(`/agents/${id}`, signal),
  });
export const numberList = queryOptions({
  queryKey: ['numbers'],
  queryFn: ({ signal }) => get<Page<PhoneNumberWire>>('/phone-numbers?limit=200', signal),
});
export const toolList = queryOptions({
  queryKey: ['tools'],
  queryFn: ({ signal }) => get<Page<ToolWire>>('/tools', signal),
});
export const outboundQuery = queryOptions({
  queryKey: ['outbound'],
  queryFn: ({ signal }) => get<OutboundWire>('/outbound', signal),
});
export const sessionList = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => get<Page<SessionWire>>('/sessions', signal),
});
/** Read anew while it is looked at: leases live by the second. */
export const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: ({ signal }) => get<HealthWire>('/system/health', signal),
  refetchInterval: 10_000,
});
export const wiringQuery = (id: string) =>
  queryOptions({
    queryKey: ['wiring', id],
    queryFn: ({ signal }) => get<WiringWire>(`/phone-numbers/${id}/wiring`, signal),
    staleTime: 0,
  });
export const auditQuery = (query: Record<string, string | undefined>) =>
  queryOptions({
    queryKey: ['audit', query],
    queryFn: ({ signal }) => get<Page<AuditWire>>(withQuery('/audit', query), signal),
  });
export const doNotCallList = infiniteQueryOptions({
  queryKey: ['do-not-call'],
  queryFn: ({ pageParam, signal }) =>
    get<Page<DoNotCallWire>>(withQuery('/do-not-call', { cursor: pageParam }), signal),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor ?? undefined,
});

export const systemQuery = queryOptions({
  queryKey: ['system'],
  queryFn: async ({ signal }) => {
    const { value, tripMs } = await timed(() => get<SystemWire>('/system', signal));
    pageClock.learn(value.now, tripMs);
    return value;
  },
  refetchInterval: 60_000,
});
