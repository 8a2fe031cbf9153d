import type { CallbackTransaction } from '../../db/callback-store.ts';
import type { Callback, PacedSlot } from '../domain/callback.ts';
import type { LastLookVerdict } from '../domain/last-look.ts';

/** How fast a carrier may be dialled through, over all replicas. */
export interface Pace {
  /** Of its account; null is without a limit. */
  readonly callsPerSecond: number | null;
  /** Of each of its numbers; null, or not said, is without a limit. */
  readonly perNumber?: number | null;
  /** How late a call may begin in its slot: slots are so far apart that no second is too full even so. */
  readonly slackMs: number;
}

/** It has its slot, and waits for it like any other for its time: unclaimed, so that the last look is taken then. */
export interface PaceVerdict {
  readonly do: 'wait';
  readonly until: Temporal.Instant;
  readonly warning: string | null;
  readonly slot: PacedSlot;
}

type DialVerdict = Extract<LastLookVerdict, { do: 'dial' }>;

/** A wait that is longer than this is shown. */
const NOTICEABLE_MS = 2_000;

/**
 * Who may be dialled now (`at` is when the request may be written), and who has to wait for a turn at the carrier. Turns
 * are given in the order of asking, one slot to each callback, and stand in its row: whichever replica is there at that
 * time dials it. A slot that nobody uses is lost.
 */
export async function takeTurn(
  tx: CallbackTransaction,
  claim: {
    callback: Callback;
    verdict: DialVerdict;
    /** When it would ring without a limit. */
    rings: Temporal.Instant;
    request: {
      readonly leadMs: number;
      readonly before?: Promise<unknown>;
      readonly paceOf?: (carrier: string) => Pace | null;
    };
  },
): Promise<(DialVerdict & { readonly at: Temporal.Instant }) | PaceVerdict> {
  const { callback, verdict, rings, request } = claim;
  const { carrier, from } = verdict;
  const pace = request.paceOf?.(carrier) ?? null;
  if (pace === null) return { ...verdict, at: rings };
  const { callsPerSecond, perNumber = null, slackMs } = pace;
  const place = perNumber === null ? { carrier } : { carrier, from };
  const own = ownSlot(callback, place);
  // Used late, it would share its second with the slots of others.
  if (own !== undefined && tx.now.epochMilliseconds - own.epochMilliseconds <= slackMs) return { ...verdict, at: own };
  await request.before;
  const everyMs = (rate: number | null): number => (rate === null ? 0 : (1_000 + slackMs) / rate);
  const { slot, inMs } = await tx.takeSlot(carrier, {
    everyMs: everyMs(callsPerSecond),
    notBefore: rings,
    ...(perNumber === null ? {} : { also: { key: `${carrier} ${from}`, everyMs: everyMs(perNumber) } }),
  });
  if (inMs <= request.leadMs) return { ...verdict, at: slot };
  const waitsMs = slot.epochMilliseconds - rings.epochMilliseconds;
  return {
    do: 'wait',
    // Never past the expiry: there the next look ends it.
    until: Temporal.Instant.compare(slot, callback.expiresAt) < 0 ? slot : callback.expiresAt,
    warning: waitsMs > NOTICEABLE_MS ? warningOf(pace) : null,
    slot: { ...place, atMs: slot.epochMilliseconds },
  };
}

function warningOf({ callsPerSecond, perNumber = null }: Pace): string {
  const most = callsPerSecond ?? perNumber ?? 0;
  const calls = most === 1 ? 'one call' : `${most} calls`;
  const each = callsPerSecond === null ? ' from each number' : '';
  return `The carrier takes ${calls} a second${each}; it waits for its turn.`;
}

/** The slot that was given to it, if it is the very time for which it waits. */
function ownSlot(
  { slot, nextAttemptAt }: Callback,
  place: { readonly carrier: string; readonly from?: string },
): Temporal.Instant | undefined {
  if (slot == null || nextAttemptAt === null) return undefined;
  const isIts = slot.carrier === place.carrier && slot.from === place.from;
  return isIts && slot.atMs === nextAttemptAt.epochMilliseconds ? nextAttemptAt : undefined;
}
