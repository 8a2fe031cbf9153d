import type { auditAreas } from '../../api/audit.ts';

/* What the audit log is narrowed to; all of it stands in the address. */

type Area = (typeof auditAreas)[number];

export const areaWords: Record<Area, string> = {
  agent: 'Agents',
  callback: 'Callbacks',
  carrier: 'Carriers',
  do_not_call: 'Do not call',
  outbound: 'Outbound',
  person: 'People',
  phone_number: 'Phone numbers',
  session: 'Sessions',
};

export const areas = Object.keys(areaWords) as Area[];

export interface AuditFilters {
  readonly area?: Area;
  readonly q?: string;
  /** Where the page begins. */
  readonly after?: string;
}

export function readAuditFilters(search: Record<string, unknown>): AuditFilters {
  const area = areas.find((each) => each === search['area']);
  const { q, after } = search;
  return {
    ...(area === undefined ? {} : { area }),
    ...(typeof q === 'string' && q !== '' && q.length <= 200 ? { q } : {}),
    ...(typeof after === 'string' && /^[\w-]{1,500}$/.test(after) ? { after } : {}),
  };
}
