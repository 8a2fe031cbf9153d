import type { ChatMessage, ChatRequest, Reply } from './openai-server.ts';

/**
 * A script for the fake that holds a telephone conversation: it books a call back when it is asked to and may, reads the
 * tool's sentence aloud, says goodbye through `end_call`, and else repeats what it was told.
 */
export function smallTalk(request: ChatRequest): Reply {
  const last = request.messages.at(-1);
  if (last?.role === 'tool') return { text: sayOf(last) };
  const said = lastWordsOf(request.messages, 'user');
  const delay = /\b(?:in|after) (an?|one|\d+(?:\.\d+)?) (second|minute|hour)s?\b/i.exec(said);
  if (delay !== null && /\bcall\b.*\bback\b/i.test(said) && offers(request, 'schedule_callback'))
    return {
      toolCalls: [
        { name: 'schedule_callback', arguments: { in_minutes: minutesOf(delay), reason: 'they asked for it' } },
      ],
    };
  if (/\b(?:good)?bye\b/i.test(said) && offers(request, 'end_call'))
    return { text: 'Goodbye!', toolCalls: [{ name: 'end_call', arguments: {} }] };
  return { text: said === '' ? 'Hello, how can I help?' : `You said: ${said}` };
}

function offers(request: ChatRequest, tool: string): boolean {
  return request.tools?.some((one) => one.function.name === tool) ?? false;
}

function lastWordsOf(messages: readonly ChatMessage[], role: ChatMessage['role']): string {
  return messages.findLast((message) => message.role === role)?.content ?? '';
}

function minutesOf(delay: RegExpExecArray): number {
  const [, amount = '', unit = ''] = delay;
  const count = /^\d/.test(amount) ? Number(amount) : 1;
  return count * ({ second: 1 / 60, minute: 1, hour: 60 }[unit.toLowerCase()] ?? 1);
}

/** What a tool asks to be said, or the sentence of its refusal. */
function sayOf(message: ChatMessage): string {
  try {
    const result = JSON.parse(message.content ?? '') as { say?: unknown; error?: unknown };
    if (typeof result.say === 'string') return result.say;
    if (typeof result.error === 'string') return result.error;
  } catch {
    return 'Something went wrong.';
  }
  return 'Done.';
}
