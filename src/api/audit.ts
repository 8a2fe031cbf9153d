import { z } from 'zod';
import { id, pageOf, pageQuery, searchWords, time, timeInput, wireTime } from './common.ts';

/** What audit entries are about: the first half of an action such as `agent.changed`. */
export const auditAreas = [
  'agent',
  'callback',
  'carrier',
  'do_not_call',
  'outbound',
  'person',
  'phone_number',
  'session',
] as const;

export const auditWire = z
  .object({
    id,
    at: time,
    /** `operator`, `api`, `caller`, `gateway`, … */
    actor: z.string(),
    /** Such as `agent.changed`. */
    action: z.string(),
    subjectType: z.string(),
    subjectId: z.string(),
    /** The members that changed, as they were and as they became; never a caller's words. */
    before: z.unknown(),
    after: z.unknown(),
  })
  .meta({ id: 'AuditEntry' });
export type AuditWire = z.infer<typeof auditWire>;
export const auditPage = pageOf(auditWire);

export const auditQuery = z.object({
  ...pageQuery,
  area: z.enum(auditAreas).optional(),
  actor: z.string().max(40).optional(),
  subjectId: z.string().max(64).optional(),
  from: timeInput.optional(),
  until: timeInput.optional(),
  /** Over action and subject. */
  q: searchWords,
});
export type AuditQuery = z.infer<typeof auditQuery>;

/** An entry as the API shows it. */
export function auditToWire(entry: Omit<AuditWire, 'at'> & { readonly at: Temporal.Instant }): AuditWire {
  return { ...entry, at: wireTime(entry.at), before: entry.before ?? null, after: entry.after ?? null };
}
