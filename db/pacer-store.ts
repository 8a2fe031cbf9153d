import { sql } from 'drizzle-orm';
import type { SlotLane } from './callback-store.ts';
import type { Transaction } from './orm.ts';
import { pacer } from './schema.ts';

/**
 * Takes the next free slot of a carrier: slots lie at least `everyMs` apart, none before `notBefore` and none in the
 * past (a generic cell rate algorithm without a burst: one row, one conditional write). All replicas take from the same
 * row, which stays locked until the transaction ends; one that is rolled back has taken nothing. Times are the
 * database's; `inMs` is how far off the slot is at that moment. With `also` it is the next slot that is free in both.
 */
export async function takeSlot(
  orm: Transaction,
  carrier: string,
  { everyMs, notBefore, also }: { everyMs: number; notBefore: Temporal.Instant; also?: SlotLane },
): Promise<{ slot: Temporal.Instant; inMs: number }> {
  if (also !== undefined) return takeSharedSlot(orm, [{ key: carrier, everyMs }, also], notBefore);
  const step = sql`make_interval(secs => ${everyMs / 1_000}::float8)`;
  // Not now(): this may have waited for others, and what they took lies before it.
  const earliest = sql`greatest(clock_timestamp(), ${notBefore.toString()}::timestamptz)`;
  const [row] = await orm.execute<{ ms: string; in_ms: string }>(sql`
    insert into ${pacer} (carrier, next_at) values (${carrier}, ${earliest} + ${step})
    on conflict (carrier) do update set next_at = greatest(${pacer.nextAt}, ${earliest}) + ${step}
    returning (extract(epoch from next_at - ${step}) * 1000)::text as ms,
      (extract(epoch from next_at - ${step} - clock_timestamp()) * 1000)::text as in_ms`);
  return slotOf(row);
}

/** Whoever takes from a number has locked its carrier's row before, so that nobody waits in a circle. */
async function takeSharedSlot(
  orm: Transaction,
  lanes: readonly [SlotLane, SlotLane],
  notBefore: Temporal.Instant,
): Promise<{ slot: Temporal.Instant; inMs: number }> {
  for (const { key } of lanes)
    await orm.execute(sql`
      insert into ${pacer} (carrier, next_at) values (${key}, clock_timestamp())
      on conflict (carrier) do update set next_at = ${pacer.nextAt}`);
  const [first, second] = lanes;
  const [row] = await orm.execute<{ ms: string; in_ms: string }>(sql`
    with slot as (
      select greatest(clock_timestamp(), ${notBefore.toString()}::timestamptz, max(next_at)) as at
      from ${pacer} where carrier in (${first.key}, ${second.key})
    )
    update ${pacer} as p set next_at = slot.at + make_interval(secs =>
      case when p.carrier = ${first.key} then ${first.everyMs / 1_000}::float8 else ${second.everyMs / 1_000}::float8 end)
    from slot where p.carrier in (${first.key}, ${second.key})
    returning (extract(epoch from slot.at) * 1000)::text as ms,
      (extract(epoch from slot.at - clock_timestamp()) * 1000)::text as in_ms`);
  return slotOf(row);
}

/** Timers are kept in whole milliseconds, and no slot may be used before it begins. */
function slotOf(row: { ms: string; in_ms: string } | undefined): { slot: Temporal.Instant; inMs: number } {
  return { slot: Temporal.Instant.fromEpochMilliseconds(Math.ceil(Number(row?.ms))), inMs: Number(row?.in_ms) };
}
