import { z } from 'zod';

/** RFC 9457 problem document; `code` is stable, other members depend on it. */
export const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    /** What is wrong with which member of the request, where that is known. */
    fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

/** How every route answers what it does not do. */
export const refusals = { '4xx': problem, '5xx': problem } as const;

/** Words that can be stored: no NUL, no half of a surrogate pair. */
export function words(most: number) {
  return z
    .string()
    .max(most)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'holds characters that cannot be stored');
}

/** What a list is searched for. */
export const searchWords = words(200).trim().min(1).optional();

/** A time, ISO 8601 UTC. */
export const time = z.iso.datetime({ precision: 3 }).meta({ description: 'ISO 8601, UTC' });

/** A time as a request may give it: with any offset. */
export const timeInput = z.iso.datetime({ offset: true });

export const id = z.uuid();
export const idParams = z.object({ id });

/** A page of a list; `nextCursor` is opaque and null on the last page. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
};
export const pageOnly = z.object(pageQuery);

/** A query parameter that may be repeated. */
export function repeatable<Item extends z.ZodType>(item: Item) {
  return z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(item).max(20).optional(),
  );
}

/** How an instant is written on the wire. */
export function wireTime(instant: Temporal.Instant): string {
  return instant.toString({ smallestUnit: 'millisecond' });
}

/** The same for what may be missing. */
export function wireTimeOrNull(instant: Temporal.Instant | null): string | null {
  return instant === null ? null : wireTime(instant);
}
