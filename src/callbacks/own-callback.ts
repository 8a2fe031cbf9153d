import type { CallbackTransaction } from '../../db/callback-store.ts';
import type { Callback } from '../domain/callback.ts';
import { describeStatus, isOpen } from '../domain/callback-states.ts';
import type { DeskCall } from './desk-call.ts';

/** What a caller means by "my call back", or in a sentence for the LLM why there is nothing that can be changed. */
export type OwnCallback =
  | { readonly ok: true; readonly callback: Callback }
  | { readonly ok: false; readonly error: string };

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Locks an open callback of the caller with this agent: the one of that id, else the one for the number that they call
 * from. Theirs is what calls their number, or was booked in this very call for another one; what other agents promised
 * them is not this agent's to change.
 */
export async function lockOwnCallback(
  tx: CallbackTransaction,
  call: DeskCall,
  id: string | undefined,
): Promise<OwnCallback> {
  if (id !== undefined) return byId(tx, call, id);
  if (call.person === null)
    return no('The caller hides their number, so no call back can be found for it. Tell them so.');
  const open = await tx.lockOpenCallback(call.agent.id, call.person);
  if (open !== undefined) return { ok: true, callback: open };
  if (await tx.isDialing(call.agent.id, call.person)) return no(dialling(call.callbackId !== null));
  return no('They have no call back open with you, so there is nothing to change. Tell them so.');
}

async function byId(tx: CallbackTransaction, call: DeskCall, id: string): Promise<OwnCallback> {
  const callback = UUID.test(id) ? await tx.lockCallback(id.toLowerCase()) : undefined;
  const theirs = callback !== undefined && (callback.to === call.person || callback.originCallId === call.id);
  if (!theirs || callback.agentId !== call.agent.id)
    return no(
      'They have no call back with that callback_id. Leave it out to mean the one that they have open with you.',
    );
  if (isOpen(callback)) return { ok: true, callback };
  if (callback.status === 'dialing') return no(dialling(callback.id === call.callbackId));
  return no(`That call back is ${describeStatus(callback)} already, so there is nothing to change. Tell them so.`);
}

function dialling(thisCall: boolean): string {
  return thisCall
    ? 'The call back is this very call, and no other one is open, so there is nothing to change. Tell them so.'
    : 'The call back is being dialled at this very moment, so it can no longer be changed. Tell them so: their telephone may be ringing.';
}

function no(error: string): OwnCallback {
  return { ok: false, error };
}
