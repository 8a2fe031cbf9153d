import type { LlmMessage, LlmRequest } from '../llm.ts';
import type { Reply } from './reply.ts';
import * as intent from './intents.ts';
import { agentName, callerWords, lastBooking, lastSaid, text } from './memory.ts';
import { isCallbackInstruction, matter, nameless } from './opening.ts';
import { isMatter } from './wish.ts';

const ability =
  'I\'m a small demo, not a language model: what I can do is call you back. Say, for example, "call me back in one minute".';

/** Whoever answered our dial: only when it is the person do we come to the matter. Undefined for nothing of the kind. */
export function answerWho(messages: readonly LlmMessage[], said: string, person: string): Reply | undefined {
  const first = person === nameless ? undefined : person.split(' ', 1)[0]?.toLowerCase();
  if (intent.isNo(said)) return { text: `I'm sorry to disturb you. Is ${person} there?` };
  if (intent.asksWho(said) || intent.asksWhatWasSaid(said))
    return {
      text: `This is ${agentName(messages) ?? 'the assistant'}, an AI assistant. Am I speaking with ${person}?`,
    };
  if (intent.isYes(said) || (first !== undefined && said.toLowerCase().includes(first))) {
    const instruction = messages.findLast((message) => isCallbackInstruction(message));
    const late = instruction?.role === 'system' && /^Late by: /m.test(instruction.text);
    return { text: `Thank you. ${matter(messages, late)}` };
  }
  return undefined;
}

/** Everything that is no booking: short and honest. */
export function smallTalk(request: Pick<LlmRequest, 'messages' | 'tools'>, said: string): Reply {
  const { messages } = request;
  const before = lastSaid(messages);
  const booked = lastBooking(messages);
  if (intent.asksAgain(said) && before !== '') return { text: before };
  if (intent.isGoodbye(said) || (intent.isNo(said) && /anything else\?\s*$/.test(before))) return goodbye(request);
  if (intent.asksWhatWasSaid(said)) return { text: whatWasSaid(messages) };
  if (intent.asksWhenPromised(said))
    return {
      text:
        booked === undefined
          ? "I haven't promised you a call yet. When shall I call you back?"
          : `I said: ${text(booked.result?.['say'])}`,
    };
  if (intent.asksWho(said)) {
    const name = agentName(messages);
    return { text: `${name === undefined ? "I'm an AI assistant" : `I'm ${name}, an AI assistant`}. ${ability}` };
  }
  if (intent.asksWellbeing(said)) return { text: "I'm well, thank you. How can I help you?" };
  if (intent.asksIfHeard(said)) return { text: 'Yes, I can hear you. How can I help?' };
  if (intent.asksHelp(said)) return { text: ability };
  if (intent.isThanks(said)) return { text: "You're welcome. Is there anything else?" };
  if (intent.isGreeting(said) && said.trim().split(/\s+/).length < 5) return { text: 'Hello! How can I help you?' };
  if (intent.isNo(said)) return { text: 'All right. Is there anything else?' };
  if (intent.isYes(said)) return { text: `Good. ${ability}` };
  if (isMatter(said))
    return {
      text: "I'm a small demo and can't look into that, but I'll remember that you said so. Shall I call you back about it? Tell me when.",
    };
  return { text: `I'm sorry, I didn't understand that. ${ability}` };
}

function goodbye(request: Pick<LlmRequest, 'tools'>): Reply {
  const farewell = 'Thank you for the call. Goodbye!';
  return request.tools.some(({ name }) => name === 'end_call')
    ? { text: farewell, call: { name: 'end_call', arguments: {} } }
    : { text: farewell };
}

function whatWasSaid(messages: readonly LlmMessage[]): string {
  const earlier = callerWords(messages).slice(0, -1);
  const words = earlier.findLast(isMatter) ?? earlier.at(-1);
  if (words === undefined) return "You haven't told me anything yet.";
  const booked = lastBooking(messages);
  const promise = booked === undefined ? '' : ` And I promised: ${text(booked.result?.['say'])}`;
  return `You said: "${words.replaceAll('"', "'").trim()}".${promise}`;
}
