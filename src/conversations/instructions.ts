import type { AgentSettings } from '../domain/agent.ts';
import type { Call } from '../domain/call.ts';
import type { Callback } from '../domain/callback.ts';

/** What the LLM is told of itself and of the call, before anything that was said. */
export function instructionsFor(agent: AgentSettings, call: Call, now: Temporal.Instant, timeZone: string): string {
  const local = now.toZonedDateTimeISO(timeZone);
  const weekday = local.toLocaleString('en-US', { weekday: 'long' });
  const person = call.direction === 'inbound' ? call.from : call.to;
  return [
    agent.prompt.trim(),
    `You are ${agent.name}, speaking on the telephone in ${agent.language}. Use short spoken sentences: no lists, no markup, no symbols that cannot be read aloud.`,
    `For the other person it is ${weekday}, ${local.toPlainDate().toString()}, ${local.toPlainTime().toString({ smallestUnit: 'minute' })} (${timeZone}).`,
    person === null ? 'They hide their number, so they cannot be called back.' : '',
    'Promise a call back only through schedule_callback, and read its `say` to them word for word. Never work out dates yourself: pass on what they said.',
    'Call end_call once the matter is closed and you have said goodbye.',
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** What an open promise means when the person rings first. */
export function promiseNote(promise: Callback, timeZone: string): string {
  const due = (promise.nextAttemptAt ?? promise.dueAt).toZonedDateTimeISO(timeZone);
  return [
    'This person has a callback open with you.',
    `It is due ${due.toPlainDate().toString()} ${due.toPlainTime().toString({ smallestUnit: 'minute' })} (${timeZone}).`,
    `Reason: ${promise.reason}`,
    'Ask whether it is about that. If they want it at another time, book again: that moves it.',
  ].join('\n');
}

const LATE_MS = 15 * 60_000;

/** How to open a call that we promised. Asking for the person comes before the matter. */
export function callbackInstruction(callback: Callback, booked: Temporal.Instant, now: Temporal.Instant): string {
  const local = booked.toZonedDateTimeISO(callback.timeZone);
  const lateMs = now.epochMilliseconds - callback.dueAt.epochMilliseconds;
  return [
    'You are calling this person back, as you promised.',
    `Reason: ${callback.reason}`,
    `Promised at: ${local.toPlainDate().toString()} ${local.toPlainTime().toString({ smallestUnit: 'minute' })} (${callback.timeZone})`,
    callback.toName === null ? '' : `Name: ${callback.toName}`,
    callback.attemptsMade === 0 && lateMs > LATE_MS ? `Late by: ${Math.round(lateMs / 60_000)} minutes` : '',
    callback.toName === null
      ? 'Greet them, say who calls and that you call back as promised, then go on where you were.'
      : 'Greet them, say who calls, and ask whether you speak with the person named; mention the matter only once they have said so.',
    'If you are late, say sorry for it in a few words. Do not repeat what they know already.',
  ]
    .filter((line) => line !== '')
    .join('\n');
}
