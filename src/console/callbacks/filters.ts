import type { BulkFilter } from '../../api/callback-bulk.ts';
import { viewerZone } from '../time/format.ts';
import { dayStart } from '../time/wall-time.ts';

/* What the list of callbacks is narrowed to. All of it stands in the address, so that it can be shared. */

export const tabs = ['upcoming', 'attention', 'history', 'all'] as const;
export type Tab = (typeof tabs)[number];

export const tabTitles: Record<Tab, string> = {
  upcoming: 'Upcoming',
  attention: 'Needs attention',
  history: 'History',
  all: 'All',
};

export const statuses = ['scheduled', 'dialing', 'completed', 'no_answer', 'failed', 'cancelled'] as const;

/** The members of the address; what is missing does not narrow. */
export interface CallbackFilters {
  readonly tab?: Exclude<Tab, 'upcoming'>;
  readonly status?: (typeof statuses)[number];
  /** An agent's id. */
  readonly agent?: string;
  /** A number, in full. */
  readonly to?: string;
  readonly q?: string;
  /** Days in the reader's zone, both included: 2026-11-24. */
  readonly from?: string;
  readonly until?: string;
  /** A new callback is being booked. */
  readonly book?: 'new';
  /** Where the page begins. */
  readonly after?: string;
}

export function readFilters(search: Record<string, unknown>): CallbackFilters {
  const tab = tabs.find((each) => each === search['tab']);
  const status = statuses.find((each) => each === search['status']);
  const text = (name: string, form: RegExp) => {
    const value = search[name];
    return typeof value === 'string' && form.test(value) ? { [name]: value } : {};
  };
  return {
    ...(tab === undefined || tab === 'upcoming' ? {} : { tab }),
    ...(status === undefined ? {} : { status }),
    ...text('agent', /^[0-9a-f-]{36}$/),
    ...text('to', /^.{1,64}$/),
    ...text('q', /^.{1,200}$/s),
    ...text('from', DAY),
    ...text('until', DAY),
    ...(search['book'] === 'new' ? { book: 'new' as const } : {}),
    ...text('after', /^[\w-]{1,500}$/),
  };
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** How many things narrow the list besides its tab. */
export function countFilters({ status, agent, to, q, from, until }: CallbackFilters): number {
  return [status, agent, to, q, from, until].filter((value) => value !== undefined).length;
}

/** The filters as the gateway is asked. */
export function queryOf(filters: CallbackFilters): Record<string, string | undefined> {
  const { tab = 'upcoming', status, agent, to, from, until } = filters;
  const q = filters.q?.trim();
  return {
    ...tabQueries[tab],
    status,
    agentId: agent,
    to: to?.trim() === '' ? undefined : to?.trim(),
    q: q === '' ? undefined : q,
    from: dayStart(from, 0, viewerZone()),
    until: dayStart(until, 1, viewerZone()),
  };
}

/** The same as members of a body, for what changes all that match. */
export function bodyOf(filters: CallbackFilters): BulkFilter {
  const { sort: _sort, order: _order, open, attention, status: _status, ...rest } = queryOf(filters);
  return {
    ...rest,
    ...(filters.status === undefined ? {} : { status: [filters.status] }),
    ...(open === undefined ? {} : { open: open === 'true' }),
    ...(attention === undefined ? {} : { attention: attention === 'true' }),
  };
}

const tabQueries: Record<Tab, Record<string, string>> = {
  upcoming: { open: 'true', sort: 'next', order: 'asc' },
  attention: { attention: 'true', order: 'desc' },
  history: { open: 'false', order: 'desc' },
  all: { order: 'desc' },
};
