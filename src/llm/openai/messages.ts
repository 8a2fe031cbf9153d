import type {
  ChatCompletionMessageFunctionToolCall,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import type { LlmMessage, LlmToolCall } from '../llm.ts';
import { isRecord } from './tool-calls.ts';

/**
 * Our messages as the wire wants them. What would make a server refuse the whole request, and with it every further turn
 * of the call, is mended: a tool call without its result, arguments that are no JSON, names and ids of a wrong form.
 */
export function wireMessages(messages: readonly LlmMessage[], isOpenAi: boolean): ChatCompletionMessageParam[] {
  const paired = pairTools(isOpenAi ? messages : plainRoles(messages));
  const ids = new Map<string, string>();
  return paired.flatMap((message) => wireMessage(message, ids));
}

function wireMessage(message: LlmMessage, ids: Map<string, string>): ChatCompletionMessageParam[] {
  if (message.role === 'tool')
    return [{ role: 'tool', tool_call_id: wireId(message.toolCallId, ids), content: message.result.toWellFormed() }];
  const content = message.text.toWellFormed();
  if (message.role !== 'assistant') return [{ role: message.role, content }];
  const calls = message.toolCalls ?? [];
  if (calls.length > 0)
    return [
      {
        role: 'assistant',
        content: content === '' ? null : content,
        tool_calls: calls.map((call) => wireCall(call, ids)),
      },
    ];
  return content === '' ? [] : [{ role: 'assistant', content }];
}

function wireCall(call: LlmToolCall, ids: Map<string, string>): ChatCompletionMessageFunctionToolCall {
  const name = call.name.replaceAll(/[^\w-]/g, '_').slice(0, 64) || 'unknown';
  return { id: wireId(call.id, ids), type: 'function', function: { name, arguments: jsonObject(call.arguments) } };
}

/** OpenAI takes 40 characters at most, Mistral's templates nine letters or digits and nothing else. */
function wireId(id: string, ids: Map<string, string>): string {
  const known = ids.get(id) ?? `call${String(ids.size).padStart(5, '0')}`;
  ids.set(id, known);
  return known;
}

/** Servers that fill a template parse the arguments of earlier calls, and refuse what they can't. */
function jsonObject(text: string): string {
  try {
    return isRecord(JSON.parse(text)) ? text.toWellFormed() : '{}';
  } catch {
    return '{}';
  }
}

/** Leaves out calls without a result and results without a call: either is a refusal of the whole request. */
function pairTools(messages: readonly LlmMessage[]): LlmMessage[] {
  const paired: LlmMessage[] = [];
  for (let index = 0; index < messages.length; index += 1) {
    const message = messages[index];
    if (message === undefined || message.role === 'tool') continue;
    if (message.role !== 'assistant' || message.toolCalls === undefined) {
      paired.push(message);
      continue;
    }
    const results = new Map<string, LlmMessage>();
    for (let next = messages[index + 1]; next?.role === 'tool'; next = messages[index + 1]) {
      if (!results.has(next.toolCallId)) results.set(next.toolCallId, next);
      index += 1;
    }
    const calls = message.toolCalls.filter(({ id }) => results.has(id));
    paired.push({ role: 'assistant', text: message.text, toolCalls: calls });
    for (const { id } of calls) {
      const result = results.get(id);
      if (result !== undefined) paired.push(result);
    }
  }
  return paired;
}

/**
 * The templates of many local models take one system message, at the beginning, then user and assistant in turn, and fail
 * on anything else. Later instructions become notes of the user's; neighbours of one role become one message.
 */
function plainRoles(messages: readonly LlmMessage[]): LlmMessage[] {
  const plain: LlmMessage[] = [];
  for (const message of messages) {
    const last = plain.at(-1);
    if (message.role === 'system' && last !== undefined && last.role !== 'system')
      add(plain, { role: 'user', text: `(A note to you, which nobody said: ${message.text})` });
    else add(plain, message);
  }
  return plain;
}

function add(plain: LlmMessage[], message: LlmMessage): void {
  const last = plain.at(-1);
  if (last === undefined || last.role !== message.role || last.role === 'tool' || message.role === 'tool')
    return void plain.push(message);
  if (last.role === 'assistant' && last.toolCalls !== undefined) return void plain.push(message);
  const text = [last.text, message.text].filter((part) => part !== '').join(last.role === 'system' ? '\n\n' : '\n');
  plain[plain.length - 1] = { ...message, text };
}
