import type { AgentSettings } from '../domain/agent.ts';
import type { Callback } from '../domain/callback.ts';
import { localeOf, speakTime, zoneName } from '../domain/spoken-time.ts';
import { resolveWish, type TimeWish } from '../domain/wall-time.ts';
import { isRingbackError, type RingbackError } from '../errors.ts';
import type { BookingTime } from './book.ts';
import type { DeskAnswer, DeskRefusal } from './desk-call.ts';
import { deskSentencesFor } from './desk-sentences.ts';

/** A wish that cannot be made out; its words go to the LLM. */
class WishRefused extends Error {
  readonly answer: DeskRefusal;
  constructor(answer: DeskRefusal) {
    super(answer.error);
    this.answer = answer;
  }
}

/** In which zone a wish was read, and whether that has to be said. */
export interface ZoneChoice {
  readonly zone: string;
  readonly sayZone: boolean;
}

/** Makes out when somebody means. Throws what `refusalOf` turns into an answer. */
export function readWish(
  wish: TimeWish,
  agent: AgentSettings,
  zones: readonly string[],
  now: Temporal.Instant,
): BookingTime & ZoneChoice {
  const resolved = resolveWish(wish, {
    now,
    candidateZones: zones,
    agentZone: agent.timeZone,
    horizonDays: agent.callbackPolicy.horizonDays,
  });
  if (resolved.ok) return resolved;
  const { error, suggestion } = resolved;
  throw new WishRefused(suggestion === undefined ? { ok: false, error } : { ok: false, error, suggestion });
}

/** The answer to a promise that stands, with the sentence of this kind to read back in the agent's language. */
export function promised(
  callback: Callback,
  kind: 'booked' | 'moved' | 'kept',
  told: { readonly now: Temporal.Instant; readonly language: string; readonly sayZone: boolean },
): Extract<DeskAnswer, { ok: true }> {
  const at = callback.nextAttemptAt ?? callback.dueAt;
  const local = at.toZonedDateTimeISO(callback.timeZone);
  return {
    ok: true,
    callbackId: callback.id,
    localTime: local.toPlainDateTime().toString({ smallestUnit: 'second' }),
    timeZone: callback.timeZone,
    say: deskSentencesFor(told.language)[kind](speakTime(at, callback.timeZone, told.now, told.language, told.sayZone)),
  };
}

/** A refusal as a sentence that the LLM can act on. Throws on what is no refusal: a fault of ours. */
export function refusalOf(error: unknown, agent: AgentSettings, read: ZoneChoice): DeskRefusal {
  if (error instanceof WishRefused) return error.answer;
  if (!isRingbackError(error) || error.retryable) throw error;
  switch (error.code) {
    case 'outside_calling_hours':
      return outsideHours(error, agent, read);
    case 'beyond_horizon':
      return no(`That is more than ${agent.callbackPolicy.horizonDays} days ahead. Ask for an earlier time.`);
    case 'number_not_allowed':
      return no('This number may not be called from here. Tell them that you cannot call them back on it.');
    case 'on_do_not_call':
      return no('This number is on the list of numbers that we never call. Tell them that you cannot call them back.');
    default:
      return no(`That could not be done: ${error.message}.`);
  }
}

function outsideHours(error: RingbackError, agent: AgentSettings, read: ZoneChoice): DeskRefusal {
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

function no(error: string): DeskRefusal {
  return { ok: false, error };
}
