import type { LlmMessage } from '../llm.ts';

/** What came of a tool call in the conversation. */
export interface Outcome {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Undefined where the result was no object. */
  readonly result: Readonly<Record<string, unknown>> | undefined;
  readonly ok: boolean;
  /** Where its result stands among the messages. */
  readonly at: number;
}

/** Every tool call that has its result, oldest first. */
export function outcomesOf(messages: readonly LlmMessage[]): Outcome[] {
  const calls = new Map(
    messages.flatMap((message) =>
      message.role === 'assistant' ? (message.toolCalls ?? []).map((call) => [call.id, call.arguments] as const) : [],
    ),
  );
  return messages.flatMap((message, at): Outcome[] => {
    if (message.role !== 'tool') return [];
    const result = record(message.result);
    const args = record(calls.get(message.toolCallId) ?? '{}') ?? {};
    return [{ name: message.name, args, result, ok: result?.['ok'] === true, at }];
  });
}

/** The newest promise that was booked or moved in this conversation, unless it was cancelled since. */
export function lastBooking(messages: readonly LlmMessage[]): Outcome | undefined {
  const steps = outcomesOf(messages).filter(({ ok }) => ok);
  const last = steps.findLast(({ name }) => /^(?:(?:re)?schedule|cancel)_callback$|^do_not_call$/.test(name));
  if (last?.name === 'schedule_callback') return last;
  if (last?.name !== 'reschedule_callback') return undefined;
  // A move has no reason of its own.
  const reason = steps.findLast(({ name }) => name === 'schedule_callback')?.args['reason'];
  return reason === undefined ? last : { ...last, args: { reason, ...last.args } };
}

/** Whether another time may help where this tool refused. */
export function takesTime(tool: string): boolean {
  return tool === 'schedule_callback' || tool === 'reschedule_callback';
}

/** How the agent is called; the first lines say so. */
export function agentName(messages: readonly LlmMessage[]): string | undefined {
  return fact(messages, /You are ([^\n]+?), speaking on the telephone/);
}

/** The other person's date, `YYYY-MM-DD`. */
export function todayOf(messages: readonly LlmMessage[]): string | undefined {
  return fact(messages, /For the other person it is \w+, (\d{4}-\d{2}-\d{2})/);
}

export function callerWords(messages: readonly LlmMessage[]): string[] {
  return messages.flatMap((message) => (message.role === 'user' ? [message.text] : []));
}

/** What the agent said last that was heard. */
export function lastSaid(messages: readonly LlmMessage[]): string {
  const said = messages.findLast((message) => message.role === 'assistant' && message.text.trim() !== '');
  return said?.role === 'assistant' ? said.text : '';
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function fact(messages: readonly LlmMessage[], pattern: RegExp): string | undefined {
  for (const message of messages) {
    const found = message.role === 'system' ? pattern.exec(message.text)?.[1] : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a model or a tool wrote may be anything. */
function record(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value))
      : undefined;
  } catch {
    return undefined;
  }
}
