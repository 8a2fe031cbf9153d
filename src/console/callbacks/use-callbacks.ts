import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { CallbackWire } from '../../api/callbacks.ts';
import { callbackQueries } from '../api/resources.ts';
import { queryOf, type CallbackFilters } from './filters.ts';

/** A page of the list, and where the next one begins. */
export interface CallbackRows {
  readonly rows: readonly CallbackWire[] | undefined;
  readonly nextCursor: string | null;
  readonly error: Error | null;
  readonly retry: () => void;
  /** Rows of another filter are shown while these are on their way. */
  readonly stale: boolean;
}

export function useCallbacks(filters: CallbackFilters): CallbackRows {
  const page = useQuery({
    ...callbackQueries.list({ ...queryOf(filters), cursor: filters.after }),
    placeholderData: keepPreviousData,
  });
  return {
    rows: page.data?.items,
    nextCursor: page.data?.nextCursor ?? null,
    error: page.error,
    retry: () => void page.refetch(),
    stale: page.isPlaceholderData,
  };
}
