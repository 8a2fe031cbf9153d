import { useInfiniteQuery } from '@tanstack/react-query';
import type { CallbackWire } from '../../api/callbacks.ts';
import { callbackQueries } from '../api/resources.ts';
import type { Tab } from './tabs.ts';
import { dueTime, isOpen } from './words.ts';

/** The rows of a tab, and how to get at more of them. */
export interface CallbackRows {
  readonly rows: readonly CallbackWire[] | undefined;
  readonly error: Error | null;
  readonly retry: () => void;
  readonly more: (() => void) | null;
  readonly loadingMore: boolean;
}

const past = callbackQueries.list('history', {
  status: ['completed', 'no_answer', 'failed', 'cancelled'],
  order: 'desc',
});
const every = callbackQueries.list('all', { order: 'desc' });
const planned = callbackQueries.list('planned', { status: ['scheduled', 'dialing'], order: 'asc' });
/** A No answer is upcoming while a retry is planned; those are the youngest of them. */
const retrying = callbackQueries.list('retrying', { status: ['no_answer'], order: 'desc', limit: 200 });

export function useCallbacks(tab: Tab): CallbackRows {
  const first = useInfiniteQuery({ ...{ upcoming: planned, history: past, all: every }[tab] });
  const second = useInfiniteQuery({ ...retrying, enabled: tab === 'upcoming' });
  const items = first.data?.pages.flatMap((page) => page.items);
  const waiting = tab === 'upcoming' && second.data === undefined;
  return {
    rows:
      items === undefined || waiting
        ? undefined
        : arrange(tab, items, second.data?.pages.flatMap((page) => page.items) ?? []),
    error: first.error ?? (tab === 'upcoming' ? second.error : null),
    retry: () => void Promise.all([first.refetch(), second.refetch()]),
    more: first.hasNextPage ? () => void first.fetchNextPage() : null,
    loadingMore: first.isFetchingNextPage,
  };
}

function arrange(tab: Tab, items: readonly CallbackWire[], retries: readonly CallbackWire[]): readonly CallbackWire[] {
  if (tab === 'all') return items;
  if (tab === 'history') return items.filter((callback) => !isOpen(callback));
  return [...items, ...retries].filter(isOpen).toSorted(bySoonest);
}

/** Those being dialled first, then the next to be. */
function bySoonest(one: CallbackWire, other: CallbackWire): number {
  const dialing = Number(other.status === 'dialing') - Number(one.status === 'dialing');
  return dialing === 0 ? Date.parse(dueTime(one)) - Date.parse(dueTime(other)) : dialing;
}
