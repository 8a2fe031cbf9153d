import type { Callback } from '../domain/callback.ts';
import { likelyZone, zonesAgree } from '../domain/wall-time.ts';
import { candidateZones, isZone } from '../domain/zones.ts';
import { bookCallback } from './book.ts';
import { cancelLocked } from './cancel.ts';
import type { CallbackDeps } from './deps.ts';
import type { DeskAnswer, DeskCall, DeskMove, DeskReply, DeskWish } from './desk-call.ts';
import { deskSentencesFor } from './desk-sentences.ts';
import { promised, readWish, refusalOf, type ZoneChoice } from './desk-words.ts';
import { addDoNotCall } from './do-not-call.ts';
import { lockOwnCallback } from './own-callback.ts';
import { rescheduleOwn } from './reschedule.ts';

/** What a caller may ask for in a call. It answers in sentences: the one to read back, or why not and what to do. */
export interface CallerDesk {
  book(request: DeskWish): Promise<DeskAnswer>;
  move(request: DeskMove): Promise<DeskAnswer>;
  cancel(which: { readonly callbackId?: string }): Promise<DeskReply>;
  doNotCall(): Promise<DeskReply>;
}

/** Opens the desk for one tool call: whatever is asked for twice under the same key is done once. */
export function openDesk(deps: CallbackDeps, call: DeskCall, key: string): CallerDesk {
  return {
    book: (request) => book(deps, call, key, request),
    move: (request) => move(deps, call, key, request),
    cancel: ({ callbackId }) => cancel(deps, call, key, callbackId),
    doNotCall: () => doNotCall(deps, call),
  };
}

async function book(deps: CallbackDeps, call: DeskCall, key: string, request: DeskWish): Promise<DeskAnswer> {
  const { agent } = call;
  const to =
    request.phoneNumber !== undefined && agent.callbackPolicy.allowOtherNumbers ? request.phoneNumber : call.person;
  if (to === null)
    return {
      ok: false,
      error: 'The caller hides their number, so they cannot be called back. Tell them so, and offer to help now.',
    };
  const ownZone = to === call.person ? ownZoneOf(call) : null;
  const zones = ownZone === null ? candidateZones(to) : [ownZone];
  let read: ZoneChoice = { zone: likelyZone(zones, agent.timeZone), sayZone: false };
  try {
    const { callback, moved, now } = await bookCallback(deps, {
      agent,
      to,
      toName: request.callerName ?? null,
      reason: request.reason,
      when: (at) => {
        const made = readWish(request.wish, agent, zones, at);
        read = made;
        return made;
      },
      zones,
      originCallId: call.id,
      dialled: call.ourNumber,
      by: 'caller',
      confirmed: request.confirmOutsideHours,
      override: false,
      key,
      body: request,
    });
    return promised(callback, moved ? 'moved' : 'booked', {
      now,
      language: agent.language,
      sayZone: isZoneUnsure(callback, call),
    });
  } catch (error) {
    return refusalOf(error, agent, read);
  }
}

async function move(deps: CallbackDeps, call: DeskCall, key: string, request: DeskMove): Promise<DeskAnswer> {
  const { agent } = call;
  const { wish } = request;
  let read: ZoneChoice = { zone: agent.timeZone, sayZone: false };
  try {
    const moved = await rescheduleOwn(deps, call, {
      callbackId: request.callbackId,
      when:
        wish === 'keep'
          ? null
          : (now, zones) => {
              read = { zone: likelyZone(zones, agent.timeZone), sayZone: false };
              const made = readWish(wish, agent, zones, now);
              read = made;
              return made;
            },
      ownZone: ownZoneOf(call),
      confirmed: request.confirmOutsideHours,
      key,
    });
    if (!moved.ok) return moved;
    const sayZone = isZoneUnsure(moved.callback, call);
    const told = { now: moved.now, language: agent.language, sayZone };
    return promised(moved.callback, wish === 'keep' ? 'kept' : 'moved', told);
  } catch (error) {
    return refusalOf(error, agent, read);
  }
}

function cancel(
  deps: CallbackDeps,
  call: DeskCall,
  deliveryKey: string,
  callbackId: string | undefined,
): Promise<DeskReply> {
  const done = { ok: true, say: deskSentencesFor(call.agent.language).cancelled } as const;
  const key = `cancel:${deliveryKey}`;
  return deps.store.transact(async (tx) => {
    if ((await tx.recall(key)) !== undefined) return done;
    const own = await lockOwnCallback(tx, call, callbackId);
    if (!own.ok) return own;
    await cancelLocked(tx, own.callback, 'caller');
    await tx.remember(key, '', { callbackId: own.callback.id });
    return done;
  });
}

/** Saying it twice changes nothing, so that it needs no key. */
async function doNotCall(deps: CallbackDeps, call: DeskCall): Promise<DeskReply> {
  if (call.person === null)
    return {
      ok: false,
      error:
        'The caller hides their number, so it cannot be put on the list; nobody can call it back either. Tell them so.',
    };
  try {
    await addDoNotCall(deps, { number: call.person, reason: 'They asked for it in a call.' }, 'caller');
  } catch (error) {
    return refusalOf(error, call.agent, { zone: call.agent.timeZone, sayZone: false });
  }
  return { ok: true, say: deskSentencesFor(call.agent.language).neverAgain };
}

/**
 * Whether the zone in which a promise is read back was chosen among several. Told from the promise as it stands, so that
 * a wish that is delivered twice, and one that is kept, are read back in the same words.
 */
function isZoneUnsure(callback: Callback, call: DeskCall): boolean {
  if (callback.timeZoneNamed || (callback.to === call.person && ownZoneOf(call) !== null)) return false;
  return !zonesAgree(callback.nextAttemptAt ?? callback.dueAt, candidateZones(callback.to));
}

/** A page may send any text for its zone. */
function ownZoneOf(call: DeskCall): string | null {
  return call.timeZone !== null && isZone(call.timeZone) ? call.timeZone : null;
}
