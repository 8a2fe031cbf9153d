import type { LlmMessage } from '../llm.ts';
import type { Reply } from './reply.ts';
import { isNo, isYes } from './intents.ts';
import { outcomesOf, takesTime, text, type Outcome } from './memory.ts';

/**
 * Answers a yes or no to what was offered after a refusal: first the time that they asked for all the same (where that
 * may be confirmed), then the next allowed one. Undefined where nothing is on offer or they said something else.
 */
export function answerOffer(messages: readonly LlmMessage[], said: string): Reply | undefined {
  const refusal = outcomesOf(messages).at(-1);
  if (refusal === undefined || refusal.ok || !takesTime(refusal.name)) return undefined;
  const since = messages.slice(refusal.at + 1);
  // An offer of an earlier call, or one that something was said about since, no longer stands.
  if (since.some(({ role }) => role === 'system') || !taken(since)) return undefined;
  const answers = since.filter(({ role }) => role === 'user').length;
  const confirmable = text(refusal.result?.['error']).includes('confirm_outside_hours');
  const suggested = suggestionOf(refusal);
  if (!confirmable && suggested === undefined) return undefined;
  if (isYes(said)) {
    if (answers === 1 && confirmable) return booking(refusal, { confirm_outside_hours: true });
    return suggested === undefined ? undefined : booking(refusal, suggested);
  }
  if (!isNo(said)) return undefined;
  if (answers === 1 && confirmable && suggested !== undefined)
    return { text: 'Shall I call you at that next time, then?' };
  return { text: 'All right. When shall I call you instead?' };
}

/** One answer of ours, one of theirs, and at most once more. */
function taken(since: readonly LlmMessage[]): boolean {
  const roles = since.map(({ role }) => role).join(' ');
  return /^(?:assistant )?user(?: assistant user)?$/.test(roles);
}

function booking(refusal: Outcome, over: Readonly<Record<string, unknown>>): Reply {
  const { in_minutes: minutes, day, time, ...rest } = refusal.args;
  const asked = {
    ...(minutes === undefined ? {} : { in_minutes: minutes }),
    ...(day === undefined ? {} : { day }),
    ...(time === undefined ? {} : { time }),
  };
  return {
    text: '',
    call: { name: refusal.name, arguments: 'time' in over ? { ...rest, ...over } : { ...asked, ...rest, ...over } },
  };
}

function suggestionOf(refusal: Outcome): { day: string; time: string } | undefined {
  const found = /(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})/.exec(text(refusal.result?.['suggestion']));
  return found?.[1] === undefined || found[2] === undefined ? undefined : { day: found[1], time: found[2] };
}
