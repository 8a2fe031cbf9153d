import type { LlmMessage } from '../llm.ts';
import { isGoodbye, isNo, isThanks, isYes } from './intents.ts';
import { agentName, callerWords, lastBooking, text } from './memory.ts';
import { mention } from './reason-words.ts';

const MOST_QUOTED_CHARACTERS = 120;
/** Whom we ask for where they never said their name. */
export const nameless = 'the person who asked for this call';

/** How a call that we promised is opened, from the instruction that says so (src/conversations/instructions.ts). */
export function openCallback(messages: readonly LlmMessage[], instruction: string): string {
  const name = nameOf(instruction);
  const late = /^Late by: /m.test(instruction);
  const who = introduction(messages);
  // The matter is theirs alone, so it waits until we know that it is they who answered.
  return `${who} I'm calling back as promised.${late ? " I'm sorry to call late." : ''} Am I speaking with ${name ?? nameless}?`;
}

function nameOf(instruction: string): string | undefined {
  return /^Name: (.+)$/m.exec(instruction)?.[1]?.trim();
}

export function isCallbackInstruction(message: LlmMessage | undefined): boolean {
  return message?.role === 'system' && message.text.startsWith('You are calling this person back');
}

/** Whom we asked for just now, if that is what we said last. */
export function askedFor(said: string): string | undefined {
  return /Am I speaking with ([^?]+)\?\s*$/.exec(said)?.[1];
}

/** Whom our opening was to ask for, where they cut it short with their first words. */
export function cutShort(messages: readonly LlmMessage[]): string | undefined {
  const from = messages.findLastIndex((message) => isCallbackInstruction(message));
  const since = from < 0 ? [] : messages.slice(from);
  const [instruction] = since;
  if (instruction?.role !== 'system' || since.filter(({ role }) => role === 'user').length !== 1) return undefined;
  return nameOf(instruction.text) ?? nameless;
}

/** That we call as promised, about what, and what they said last. */
export function matter(messages: readonly LlmMessage[], late: boolean): string {
  const words = callerWords(beforeOurDial(messages)).findLast((said) => !isSmall(said));
  const reason = reasonOfPromise(messages);
  const about = mention(reason);
  const quote = words === undefined || about.includes('you said') ? '' : ` Last time you said: "${cut(words)}"`;
  return `I'm calling you back as I promised${late ? ", and I'm sorry that I'm late" : ''}${about}.${quote} How can I help?`.replaceAll(
    '".',
    '".',
  );
}

/** What was said before this call: a "hello?" into our opening is nothing to come back to. */
function beforeOurDial(messages: readonly LlmMessage[]): readonly LlmMessage[] {
  const dialled = messages.findIndex(
    (message) =>
      isCallbackInstruction(message) || (message.role === 'assistant' && askedFor(message.text) !== undefined),
  );
  return dialled < 0 ? messages : messages.slice(0, dialled);
}

/** The greeting, with the agent's name where it is known. */
export function introduction(messages: readonly LlmMessage[]): string {
  const name = agentName(messages);
  return name === undefined ? 'Hello.' : `Hello, this is ${name}.`;
}

/** From the instruction while it is there, else from the booking itself. */
export function reasonOfPromise(messages: readonly LlmMessage[]): string | undefined {
  const instruction = messages.findLast((message) => isCallbackInstruction(message));
  const told = instruction?.role === 'system' ? /^Reason: (.+)$/m.exec(instruction.text)?.[1] : undefined;
  const booked = text(lastBooking(messages)?.args['reason']);
  return told ?? (booked === '' ? undefined : booked);
}

/** Yes, no, thanks and goodbye are nothing to come back to. */
function isSmall(said: string): boolean {
  const words = said.trim().split(/\s+/).length;
  return said.trim() === '' || (words < 6 && (isYes(said) || isNo(said) || isThanks(said) || isGoodbye(said)));
}

function cut(said: string): string {
  const plain = said.replaceAll('"', "'").replaceAll(/\s+/g, ' ').trim();
  const short =
    plain.length > MOST_QUOTED_CHARACTERS ? `${plain.slice(0, MOST_QUOTED_CHARACTERS - 1).toWellFormed()}…` : plain;
  return /[.!?…]$/.test(short) ? short : `${short}.`;
}
