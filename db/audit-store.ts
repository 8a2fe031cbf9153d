import { and, desc, eq, gte, ilike, lt, or, type SQL } from 'drizzle-orm';
import type { Database } from './database.ts';
import { audit } from './schema.ts';

/** One line of the audit log: who did what, to what, and what changed by it. */
export interface AuditEntry {
  readonly id: string;
  readonly at: Temporal.Instant;
  readonly actor: string;
  readonly action: string;
  readonly subjectType: string;
  readonly subjectId: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface AuditFilter {
  /** The first half of an action, such as `agent`. */
  readonly area?: string | undefined;
  readonly actor?: string | undefined;
  readonly subjectId?: string | undefined;
  readonly from?: Temporal.Instant | undefined;
  readonly until?: Temporal.Instant | undefined;
  /** Over action and subject. */
  readonly search?: string | undefined;
  readonly limit: number;
  /** The last one of the page before. */
  readonly beforeId?: string | undefined;
}

/** Who changed what, the newest first. Ids are made in the order of time, so their index serves. */
export function listAudit(database: Pick<Database, 'orm'>, filter: AuditFilter): Promise<AuditEntry[]> {
  return database.orm
    .select()
    .from(audit)
    .where(and(...conditions(filter)))
    .orderBy(desc(audit.id))
    .limit(filter.limit);
}

function conditions(filter: AuditFilter): (SQL | undefined)[] {
  const { area, actor, subjectId, from, until, search, beforeId } = filter;
  const word = search === undefined ? undefined : `%${escaped(search)}%`;
  return [
    area === undefined ? undefined : ilike(audit.action, `${escaped(area)}.%`),
    actor === undefined ? undefined : eq(audit.actor, actor),
    subjectId === undefined ? undefined : eq(audit.subjectId, subjectId),
    from === undefined ? undefined : gte(audit.at, from),
    until === undefined ? undefined : lt(audit.at, until),
    word === undefined ? undefined : or(ilike(audit.action, word), ilike(audit.subjectId, word)),
    beforeId === undefined ? undefined : lt(audit.id, beforeId),
  ];
}

function escaped(text: string): string {
  return text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`);
}
