import { sql } from 'drizzle-orm';
import type { Transaction } from './orm.ts';
import { pacer } from './schema.ts';

/**
 * Takes the next free slot of a carrier: slots lie at least `everyMs` apart, none before `notBefore` and none in the
 * past (a generic cell rate algorithm without a burst: one row, one conditional write). All replicas take from the same
 * row, which stays locked until the transaction ends; one that is rolled back has taken nothing. Times are the
 * database's; `inMs` is how far off the slot is at that moment.
 */
export async function takeSlot(
  orm: Transaction,
  carrier: string,
  { everyMs, notBefore }: { everyMs: number; notBefore: Temporal.Instant },
): Promise<{ slot: Temporal.Instant; inMs: number }> {
  const step = sql`make_interval(secs => ${everyMs / 1_000}::float8)`;
  // Not now(): this may have waited for others, and what they took lies before it.
  const earliest = sql`greatest(clock_timestamp(), ${notBefore.toString()}::timestamptz)`;
  const [row] = await orm.execute<{ ms: string; in_ms: string }>(sql`
    insert into ${pacer} (carrier, next_at) values (${carrier}, ${earliest} + ${step})
    on conflict (carrier) do update set next_at = greatest(${pacer.nextAt}, ${earliest}) + ${step}
    returning (extract(epoch from next_at - ${step}) * 1000)::text as ms,
      (extract(epoch from next_at - ${step} - clock_timestamp()) * 1000)::text as in_ms`);
  // Timers are kept in whole milliseconds, and no slot may be used before it begins.
  const slot = Temporal.Instant.fromEpochMilliseconds(Math.ceil(Number(row?.ms)));
  return { slot, inMs: Number(row?.in_ms) };
}
