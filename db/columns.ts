import { customType } from 'drizzle-orm/pg-core';

/**
 * A point in time: `timestamptz(3)`, read and written as a Temporal.Instant. Milliseconds on purpose: what is
 * written and read back must compare equal, since timers are found by their time.
 */
export const instant = customType<{ data: Temporal.Instant; driverData: string }>({
  dataType: () => 'timestamp (3) with time zone',
  // Postgres writes "2026-11-24 14:16:32.486+00"; ISO 8601 wants a T.
  fromDriver: (value) => Temporal.Instant.from(value.replace(' ', 'T')),
  toDriver: (value) => value.round('millisecond').toString(),
});
