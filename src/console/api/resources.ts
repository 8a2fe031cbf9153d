import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { AgentWire } from '../../api/agents.ts';
import type { CallbackWire } from '../../api/callbacks.ts';
import type { CallWire } from '../../api/calls.ts';
import type { DoNotCallWire } from '../../api/do-not-call.ts';
import type { OutboundWire } from '../../api/outbound.ts';
import type { PhoneNumberWire } from '../../api/phone-numbers.ts';
import type { SystemWire, ToolWire } from '../../api/system.ts';
import { pageClock } from '../time/clock.ts';
import { get, timed, withQuery } from './http.ts';

/* What the pages read, and under which keys it is kept. */

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

export type CallbackStatus = CallbackWire['status'];

export const callbackQueries = {
  all: ['callbacks'] as const,
  list: (name: string, query: { status?: readonly CallbackStatus[]; order: 'asc' | 'desc'; limit?: number }) =>
    infiniteQueryOptions({
      queryKey: ['callbacks', 'list', name, query],
      queryFn: ({ pageParam, signal }) =>
        get<Page<CallbackWire>>(withQuery('/callbacks', { ...query, cursor: pageParam }), signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.nextCursor ?? undefined,
    }),
  one: (id: string) =>
    queryOptions({
      queryKey: ['callbacks', 'one', id],
      queryFn: ({ signal }) => get<CallbackWire>(`/callbacks/${id}`, signal),
    }),
};

export const callQueries = {
  all: ['calls'] as const,
  list: () =>
    infiniteQueryOptions({
      queryKey: ['calls', 'list'],
      queryFn: ({ pageParam, signal }) => get<Page<CallWire>>(withQuery('/calls', { cursor: pageParam }), signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.nextCursor ?? undefined,
    }),
  ofConversation: (conversationId: string) =>
    queryOptions({
      queryKey: ['calls', 'conversation', conversationId],
      queryFn: ({ signal }) => get<Page<CallWire>>(withQuery('/calls', { conversationId, order: 'asc' }), signal),
    }),
  one: (id: string) =>
    queryOptions({ queryKey: ['calls', 'one', id], queryFn: ({ signal }) => get<CallWire>(`/calls/${id}`, signal) }),
};

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
