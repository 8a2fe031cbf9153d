import type { CallbackTransaction } from '../../db/callback-store.ts';

/** A callback of a callback of a callback …: longer chains are not followed to their beginning. */
const LONGEST_CHAIN = 50;

/**
 * When the inbound call ended with which a chain of callbacks began: now, while it still lives. Null where the chain
 * began otherwise.
 */
export async function chainStart(tx: CallbackTransaction, callId: string): Promise<Temporal.Instant | null> {
  let id: string | null = callId;
  for (let length = 0; id !== null && length < LONGEST_CHAIN; length += 1) {
    const call = await tx.findCall(id);
    if (call === undefined) return null;
    if (call.direction === 'inbound') return call.endedAt ?? tx.now;
    const callback = call.callbackId === null ? undefined : await tx.findCallback(call.callbackId);
    id = callback?.originCallId ?? null;
  }
  return null;
}
