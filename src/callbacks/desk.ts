import type { AgentSettings } from '../domain/agent.ts';
import { likelyZone, localeOf, resolveWish, speakTime, zoneName, type TimeWish } from '../domain/wall-time.ts';
import { candidateZones, isZone } from '../domain/zones.ts';
import { isRingbackError, type RingbackError } from '../errors.ts';
import { bookCallback, type BookingTime } from './book.ts';
import type { CallbackDeps } from './deps.ts';

/** The call at whose desk a caller asks. */
export interface DeskCall {
  readonly id: string;
  readonly agent: AgentSettings;
  /** The other side's number; null for a hidden caller. */
  readonly person: string | null;
  /** Our number in this call. */
  readonly ourNumber: string;
  /** The caller's zone where the carrier told it. */
  readonly timeZone: string | null;
}

/** What a caller wishes, as the tool has read it. */
export interface DeskWish {
  readonly wish: TimeWish;
  readonly reason: string;
  readonly callerName?: string;
  readonly phoneNumber?: string;
  readonly confirmOutsideHours: boolean;
}

export type DeskAnswer =
  | {
      readonly ok: true;
      readonly callbackId: string;
      readonly localTime: string;
      readonly timeZone: string;
      readonly say: string;
    }
  | { readonly ok: false; readonly error: string; readonly suggestion?: string };

/** A wish that cannot be made out; its words go to the LLM. */
class WishRefused extends Error {
  readonly answer: Extract<DeskAnswer, { ok: false }>;
  constructor(answer: Extract<DeskAnswer, { ok: false }>) {
    super(answer.error);
    this.answer = answer;
  }
}

/** Books what a caller wishes, and answers in sentences: the one to read back, or why not and what to do about it. */
export async function bookAtDesk(
  deps: CallbackDeps,
  call: DeskCall,
  key: string,
  request: DeskWish,
): Promise<DeskAnswer> {
  const { agent } = call;
  const to =
    request.phoneNumber !== undefined && agent.callbackPolicy.allowOtherNumbers ? request.phoneNumber : call.person;
  if (to === null)
    return {
      ok: false,
      error: 'The caller hides their number, so they cannot be called back. Tell them so, and offer to help now.',
    };
  // A page may send any text for its zone.
  const ownZone = to === call.person && call.timeZone !== null && isZone(call.timeZone) ? call.timeZone : null;
  const zones = ownZone === null ? candidateZones(to) : [ownZone];
  const { language } = agent;
  let made: ZoneChoice = { zone: likelyZone(zones, agent.timeZone), sayZone: false };

  const when = (now: Temporal.Instant): BookingTime => {
    const resolved = resolveWish(request.wish, {
      now,
      candidateZones: zones,
      agentZone: agent.timeZone,
      horizonDays: agent.callbackPolicy.horizonDays,
    });
    if (!resolved.ok)
      throw new WishRefused(
        resolved.suggestion === undefined
          ? { ok: false, error: resolved.error }
          : { ok: false, error: resolved.error, suggestion: resolved.suggestion },
      );
    made = resolved;
    return { at: resolved.at, zone: resolved.zone, zoneNamed: resolved.zoneNamed };
  };

  try {
    const { callback, moved, now } = await bookCallback(deps, {
      agent,
      to,
      toName: request.callerName ?? null,
      reason: request.reason,
      when,
      zones,
      originCallId: call.id,
      dialled: call.ourNumber,
      by: 'caller',
      confirmed: request.confirmOutsideHours,
      override: false,
      key,
      body: request,
    });
    const spoken = speakTime(callback.dueAt, callback.timeZone, now, language, made.sayZone);
    const local = callback.dueAt.toZonedDateTimeISO(callback.timeZone);
    return {
      ok: true,
      callbackId: callback.id,
      localTime: local.toPlainDateTime().toString({ smallestUnit: 'second' }),
      timeZone: callback.timeZone,
      say: moved ? `I've moved it: I'll call you back ${spoken}.` : `I'll call you back ${spoken}.`,
    };
  } catch (error) {
    if (error instanceof WishRefused) return error.answer;
    if (isRingbackError(error)) return refusal(error, agent, made);
    throw error;
  }
}

/** In which zone the wish was read, and whether that has to be said. */
interface ZoneChoice {
  readonly zone: string;
  readonly sayZone: boolean;
}

function refusal(error: RingbackError, agent: AgentSettings, read: ZoneChoice): DeskAnswer {
  switch (error.code) {
    case 'outside_calling_hours': {
      const { suggestion, mayConfirm } = error.details;
      const next = Temporal.Instant.from(String(suggestion));
      const local = next.toZonedDateTimeISO(read.zone);
      const clock = local.toLocaleString(localeOf(agent.language), {
        weekday: 'long',
        hour: 'numeric',
        minute: '2-digit',
      });
      const spoken = read.sayZone ? `${clock} ${zoneName(next, read.zone, agent.language)}` : clock;
      const offer = `That is outside the hours in which we call. The next allowed time is ${spoken}.`;
      const how =
        mayConfirm === true
          ? ' Tell them; if they want the earlier time all the same, call this tool again with confirm_outside_hours true.'
          : ' Offer that instead.';
      return {
        ok: false,
        error: offer + how,
        suggestion: local.toPlainDateTime().toString({ smallestUnit: 'minute' }),
      };
    }
    case 'beyond_horizon':
      return {
        ok: false,
        error: `That is more than ${agent.callbackPolicy.horizonDays} days ahead. Ask for an earlier time.`,
      };
    case 'number_not_allowed':
      return {
        ok: false,
        error: 'This number may not be called from here. Tell them that you cannot call them back on it.',
      };
    case 'on_do_not_call':
      return {
        ok: false,
        error: 'This number is on the list of numbers that we never call. Tell them that you cannot call them back.',
      };
    default:
      if (error.retryable) throw error;
      return { ok: false, error: `The callback could not be booked: ${error.message}.` };
  }
}
