import { wishHangup } from '../callbacks/hang-up.ts';
import type { Call } from '../domain/call.ts';
import { RingbackError } from '../errors.ts';
import type { SwitchboardDeps } from './deps.ts';

/** How long a carrier may take to hang up. */
const DEADLINE_MS = 5_000;

/** Ends calls wherever they live. */
export interface HangUps {
  /** Ends a queued, ringing or live call. Throws `not_found`, `call_ended`. */
  hangUp(callId: string): Promise<Call>;
}

export function hangUpsOf(deps: SwitchboardDeps): HangUps {
  return { hangUp: (callId) => hangUp(deps, callId) };
}

async function hangUp(deps: SwitchboardDeps, callId: string): Promise<Call> {
  const { records } = deps.conversations;
  const call = await records.find(callId);
  if (call === undefined) throw new RingbackError('not_found', ['call']);
  if (call.endedAt !== null) throw new RingbackError('call_ended');
  // The wish stands before anybody is asked: an answer that comes meanwhile meets it at the gate, and an answered call
  // that ends before the opening is not dialled again. After the opening it changes nothing.
  if (call.attemptId !== null) await wishHangup(deps.callbacks, call.attemptId);
  const livedHere = await deps.everywhere.end(callId, 'operator');
  // A session elsewhere hangs up by itself; a call without one only the carrier can end.
  if (!livedHere && call.carrierCallId !== null && call.replicaId === null)
    await deps.carrierOf(call.carrier)?.hangup(call.carrierCallId, { signal: AbortSignal.timeout(DEADLINE_MS) });
  return (await records.find(callId)) ?? call;
}
