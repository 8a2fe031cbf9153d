import type { LlmMessage, LlmRequest } from '../llm.ts';
import { afterTool } from './after-tool.ts';
import { answerOffer } from './offers.ts';
import { refusesCallback, stopsAllCalls } from './intents.ts';
import { asksForSummary, summarise } from './summary.ts';
import type { Reply } from './reply.ts';
import { askedFor, cutShort, introduction, isCallbackInstruction, openCallback } from './opening.ts';
import { lastBooking, lastSaid, text } from './memory.ts';
import { aboutPromise } from './promise.ts';
import { answerWho, smallTalk } from './small-talk.ts';
import { bookingArguments, isTime, wishIn, type Wish } from './wish.ts';

/** One answer to a conversation. Pure: all it knows stands in the messages, as it does for a model. */
export function think(request: Pick<LlmRequest, 'messages' | 'tools'>): Reply {
  const { messages } = request;
  const last = messages.at(-1);
  if (last?.role === 'tool') return afterTool(request);
  if (asksForSummary(last)) return { text: summarise(messages) };
  if (last?.role === 'system' && isCallbackInstruction(last)) return { text: openCallback(messages, last.text) };
  if (last?.role !== 'user') return { text: `${introduction(messages)} How can I help you?` };
  return answerPerson(request, last.text);
}

function hasTool(request: Pick<LlmRequest, 'tools'>, name: string): boolean {
  return request.tools.some((tool) => tool.name === name);
}

function answerPerson(request: Pick<LlmRequest, 'messages' | 'tools'>, said: string): Reply {
  const { messages } = request;
  const person = askedFor(lastSaid(messages)) ?? cutShort(messages);
  const whoReply = person === undefined ? undefined : answerWho(messages, said, person);
  if (whoReply !== undefined) return whoReply;
  const promised = aboutPromise(request, said);
  if (promised !== undefined) return promised;
  const wish = wishIn(messages);
  if ((refusesCallback(said) && !wish.timed) || stopsAllCalls(said)) return dropIt(request, said);
  if (!wish.timed) {
    const offer = answerOffer(messages, said);
    if (offer !== undefined) return offer;
  }
  if (wish.wanted && wish.added) return book(request, wish);
  if (wish.timed && isTime(wish.time)) return { text: 'Shall I call you back then?' };
  return smallTalk(request, said);
}

function book(request: Pick<LlmRequest, 'messages' | 'tools'>, wish: Wish): Reply {
  if (!hasTool(request, 'schedule_callback')) return { text: "I'm sorry, I can't book calls in this conversation." };
  const { time } = wish;
  if (time.inMinutes !== undefined && time.clock !== undefined)
    return { text: 'Shall I count from now, or call at a time of day? Please tell me one of them.' };
  if (!isTime(time)) return { text: questionFor(wish) };
  const args = bookingArguments(wish, request.messages);
  if (args === undefined) return { text: 'In which year is that? Please tell me the whole date.' };
  const booked = lastBooking(request.messages);
  // Said again in other words, it is booked already.
  if (booked !== undefined && sameTime(booked.args, args) && !laterWish(request.messages, booked.at))
    return { text: text(booked.result?.['say']) };
  return { text: '', call: { name: 'schedule_callback', arguments: args } };
}

function questionFor({ time }: Wish): string {
  if (time.day?.kind === 'word' && time.clock === undefined) {
    const { day } = time.day;
    const on = day === 'today' || day === 'tomorrow' ? day : `on ${day.charAt(0).toUpperCase()}${day.slice(1)}`;
    return `At what time ${on} shall I call you?`;
  }
  if (time.day?.kind === 'date' && time.clock === undefined) return 'At what time on that day shall I call you?';
  if (time.clock !== undefined) return 'On which day is that? Please tell me the weekday or the date, and the time.';
  if (time.vague) return 'At what time exactly? You can say, for example, "in ten minutes" or "tomorrow at four".';
  return 'Gladly. When shall I call you back?';
}

function dropIt(request: Pick<LlmRequest, 'messages' | 'tools'>, said: string): Reply {
  if (stopsAllCalls(said) && hasTool(request, 'do_not_call'))
    return { text: '', call: { name: 'do_not_call', arguments: {} } };
  if (lastBooking(request.messages) === undefined) return { text: "All right, I won't. Is there anything else?" };
  if (hasTool(request, 'cancel_callback')) return { text: '', call: { name: 'cancel_callback', arguments: {} } };
  return { text: "I can't cancel it myself; it can be cancelled on the Callbacks page. Is there anything else?" };
}

/** Whether they asked for a call anew after it was booked; then it is a wish of its own. */
function laterWish(messages: readonly LlmMessage[], bookedAt: number): boolean {
  return wishIn(messages.slice(bookedAt + 1)).wanted;
}

function sameTime(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean {
  return ['in_minutes', 'day', 'time', 'time_zone'].every((name) => one[name] === other[name]);
}
