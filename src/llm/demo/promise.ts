import type { LlmMessage, LlmRequest } from '../llm.ts';
import {
  asksWhenPromised,
  isGoodbye,
  isNo,
  isYes,
  movesIt,
  refusesCallback,
  stopsAllCalls,
  wantsCallback,
} from './intents.ts';
import { lastSaid, outcomesOf, todayOf } from './memory.ts';
import { mention } from './reason-words.ts';
import type { Reply } from './reply.ts';
import { timeIn } from './time-words.ts';
import { completed, isTime, timeArguments } from './wish.ts';

/** A call back that was open when the person rang first, as the note says it (src/conversations/promise-words.ts). */
interface OpenPromise {
  readonly date: string;
  /** `HH:mm`. */
  readonly time: string;
  readonly reason: string;
  /** Where the note stands among the messages. */
  readonly at: number;
}

const question = 'Shall I still call you then?';
const whenInstead = 'When shall I call you instead?';
const changing = new Set(['schedule_callback', 'reschedule_callback', 'cancel_callback', 'do_not_call']);

/**
 * What is said and done about the promise of somebody who rang first: it is asked about once, and kept, moved or
 * cancelled as they say. Undefined where there is none (any more), or they speak of something else.
 */
export function aboutPromise(request: Pick<LlmRequest, 'messages' | 'tools'>, said: string): Reply | undefined {
  const { messages } = request;
  const promise = openPromise(messages);
  if (promise === undefined || stopsAllCalls(said)) return undefined;
  const before = lastSaid(messages.slice(promise.at));
  const asked = before.endsWith(question) || before.endsWith(whenInstead);
  const moved = moveTo(request, said, promise, asked);
  if (moved !== undefined) return moved;
  if (refusesCallback(said) || (asked && isNo(said))) return act(request, 'cancel_callback', {});
  if (before.endsWith(question) && isYes(said)) return act(request, 'reschedule_callback', { keep: true });
  if (asksWhenPromised(said) || (!isGoodbye(said) && !wasAsked(messages, promise)))
    return { text: `I am to call you back ${spokenDue(promise, messages)}${mention(promise.reason)}. ${question}` };
  return undefined;
}

function moveTo(
  request: Pick<LlmRequest, 'messages' | 'tools'>,
  said: string,
  promise: OpenPromise,
  asked: boolean,
): Reply | undefined {
  const heard = timeIn(said, { expecting: asked });
  if (heard === undefined || !(asked || movesIt(said) || wantsCallback(said))) return undefined;
  const time = completed(heard, { day: promise.date, time: promise.time });
  if (!isTime(time)) return { text: whenInstead };
  const args = timeArguments(time, request.messages);
  if (args === undefined) return { text: 'In which year is that? Please tell me the whole date.' };
  return act(request, 'reschedule_callback', args);
}

function act({ tools }: Pick<LlmRequest, 'tools'>, name: string, args: Readonly<Record<string, unknown>>): Reply {
  return tools.some((tool) => tool.name === name)
    ? { text: '', call: { name, arguments: args } }
    : { text: "I can't change it myself; it can be changed on the Callbacks page. Is there anything else?" };
}

function openPromise(messages: readonly LlmMessage[]): OpenPromise | undefined {
  const at = messages.findLastIndex(
    (message) => message.role === 'system' && message.text.startsWith('This person has a callback open with you'),
  );
  const note = messages[at];
  if (note?.role !== 'system') return undefined;
  const [, date = '', time = ''] = /^It is due (\d{4}-\d{2}-\d{2}) (\d{2}:\d{2})/m.exec(note.text) ?? [];
  // Once a tool has changed it, what it answered says how things stand.
  const changed = outcomesOf(messages).some((outcome) => outcome.at > at && outcome.ok && changing.has(outcome.name));
  if (changed || date === '') return undefined;
  return { date, time, reason: /^Reason: (.+)$/m.exec(note.text)?.[1] ?? '', at };
}

function wasAsked(messages: readonly LlmMessage[], { at }: OpenPromise): boolean {
  return messages.slice(at).some((message) => message.role === 'assistant' && message.text.includes(question));
}

function spokenDue({ date, time }: OpenPromise, messages: readonly LlmMessage[]): string {
  const today = todayOf(messages);
  const days = today === undefined ? -1 : Temporal.PlainDate.from(today).until(date, { largestUnit: 'days' }).days;
  const clock = Temporal.PlainTime.from(time).toLocaleString('en-US', { hour: 'numeric', minute: '2-digit' });
  const day =
    days === 0 || days === 1
      ? ['today', 'tomorrow'][days]
      : Temporal.PlainDate.from(date).toLocaleString('en-US', { weekday: 'long', month: 'long', day: 'numeric' });
  return `${days === 0 || days === 1 ? '' : 'on '}${day} at ${clock.replaceAll('\u202F', ' ')}`;
}
