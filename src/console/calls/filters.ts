import { dayStart } from '../time/wall-time.ts';

/* What the list of calls is narrowed to; all of it stands in the address. */

export const callStates = ['live', 'completed', 'no_answer', 'busy', 'failed'] as const;

export const stateWords: Record<(typeof callStates)[number], string> = {
  live: 'Going on now',
  completed: 'Completed',
  no_answer: 'No answer',
  busy: 'Busy',
  failed: 'Failed',
};

export interface CallFilters {
  readonly state?: (typeof callStates)[number];
  /** An agent's id. */
  readonly agent?: string;
  readonly q?: string;
  /** Days in the reader's zone, both included. */
  readonly from?: string;
  readonly until?: string;
  /** Where the page begins. */
  readonly after?: string;
}

export function readCallFilters(search: Record<string, unknown>): CallFilters {
  const state = callStates.find((each) => each === search['state']);
  const text = (name: string, form: RegExp) => {
    const value = search[name];
    return typeof value === 'string' && form.test(value) ? { [name]: value } : {};
  };
  return {
    ...(state === undefined ? {} : { state }),
    ...text('agent', /^[0-9a-f-]{36}$/),
    ...text('q', /^.{1,200}$/s),
    ...text('from', /^\d{4}-\d{2}-\d{2}$/),
    ...text('until', /^\d{4}-\d{2}-\d{2}$/),
    ...text('after', /^[\w-]{1,500}$/),
  };
}

/** How many things narrow the list. */
export function countFilters({ after: _after, ...filters }: CallFilters): number {
  return Object.keys(filters).length;
}

/** The filters as the gateway is asked. */
export function callQueryOf(
  filters: CallFilters,
  zone: string,
): Record<string, string | readonly string[] | undefined> {
  const q = filters.q?.trim();
  return {
    status: filters.state === 'live' ? ['queued', 'ringing', 'in_progress'] : filters.state,
    agentId: filters.agent,
    q: q === '' ? undefined : q,
    from: dayStart(filters.from, 0, zone),
    until: dayStart(filters.until, 1, zone),
    cursor: filters.after,
  };
}
