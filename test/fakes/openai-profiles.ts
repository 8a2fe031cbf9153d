import type { ChatRequest, Reply, ReplyToolCall } from './openai-server.ts';

/** A server in OpenAI's image, with the habits that its kind has been seen to have. */
export type Profile = 'openai' | 'vllm' | 'ollama' | 'llama.cpp';

type Json = Readonly<Record<string, unknown>>;

interface Habits {
  /** Fields that it answers with a 400. */
  readonly refuses: readonly string[];
  /** The first delta says `role: assistant`. */
  readonly saysRole: boolean;
  readonly finishOfToolCalls: 'tool_calls' | 'stop';
  /** Sent in every chunk beside the delta. */
  readonly extra: Json;
  /** How thoughts come. */
  readonly thoughts: (text: string) => Json;
  readonly toolCalls: (calls: readonly ReplyToolCall[]) => Json[];
}

/** By profile. Where a server's versions differ, the one that is hardest to read. */
export const profiles: Readonly<Record<Profile, Habits>> = {
  openai: {
    refuses: [],
    saysRole: true,
    finishOfToolCalls: 'tool_calls',
    extra: { obfuscation: 'aB3dE' },
    thoughts: (text) => ({ reasoning_content: text }),
    // Name first, then arguments in pieces that are cut anywhere.
    toolCalls: (calls) =>
      calls.flatMap((call, index) => [
        { index, id: call.id ?? `call_fake${index}`, type: 'function', function: { name: call.name, arguments: '' } },
        ...pieces(argumentsOf(call), 5).map((part) => ({ index, function: { arguments: part } })),
      ]),
  },
  vllm: {
    refuses: ['reasoning_effort', 'verbosity', 'prompt_cache_key'],
    saysRole: true,
    finishOfToolCalls: 'tool_calls',
    extra: { stop_reason: null },
    thoughts: (text) => ({ reasoning_content: text }),
    // The whole arguments in one piece, followed by pieces whose name and id are empty.
    toolCalls: (calls) =>
      calls.flatMap((call, index) => [
        { index, id: call.id ?? `chatcmpl-tool-${index}`, type: 'function', function: { name: call.name } },
        { index, id: '', function: { name: '', arguments: argumentsOf(call) } },
        { index, id: '', function: { name: '', arguments: '' } },
      ]),
  },
  ollama: {
    refuses: [],
    saysRole: true,
    finishOfToolCalls: 'stop',
    extra: {},
    thoughts: (text) => ({ content: `<think>${text}</think>\n\n` }),
    // Every call is whole, has index 0, and no id.
    toolCalls: (calls) =>
      calls.map((call) => ({
        index: 0,
        type: 'function',
        function: { name: call.name, arguments: argumentsOf(call) },
      })),
  },
  'llama.cpp': {
    refuses: [],
    saysRole: false,
    finishOfToolCalls: 'tool_calls',
    extra: { timings: { predicted_n: 1 } },
    thoughts: (text) => ({ reasoning_content: text }),
    // No index, and arguments as an object.
    toolCalls: (calls) =>
      calls.map((call) => ({ type: 'function', function: { name: call.name, arguments: call.arguments } })),
  },
};

/** The `data` objects of one answer: deltas of thoughts, text and calls, the finish, and the counts if they were asked for. */
export async function* chunksOf(profile: Profile, request: ChatRequest, reply: Reply): AsyncGenerator<Json> {
  const habits = profiles[profile];
  const chunk = (delta: Json, finish: string | null = null): Json => ({
    id: 'chatcmpl-fake',
    object: 'chat.completion.chunk',
    created: 1_795_000_000,
    model: request.model,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish, ...habits.extra }],
    ...(request.stream_options?.include_usage === true ? { usage: null } : {}),
  });
  if (habits.saysRole) yield chunk({ role: 'assistant', content: '' });
  if (reply.thoughts !== undefined) for (const part of pieces(reply.thoughts, 4)) yield chunk(habits.thoughts(part));
  const text = typeof reply.text === 'string' ? pieces(reply.text, 6) : (reply.text ?? []);
  for await (const part of text) yield chunk({ content: part });
  if (reply.refusal !== undefined) yield chunk({ refusal: reply.refusal });
  const calls = reply.toolCalls ?? [];
  for (const call of habits.toolCalls(calls)) yield chunk({ tool_calls: [call] });
  if (reply.finish === null) return;
  yield chunk({}, reply.finish ?? (calls.length > 0 ? habits.finishOfToolCalls : 'stop'));
  if (request.stream_options?.include_usage === true)
    yield {
      ...chunk({}),
      choices: [],
      usage: {
        prompt_tokens: 21,
        completion_tokens: 7,
        total_tokens: 28,
        prompt_tokens_details: { cached_tokens: 16 },
      },
    };
}

function argumentsOf(call: ReplyToolCall): string {
  return typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
}

function pieces(text: string, length: number): string[] {
  return Array.from({ length: Math.ceil(text.length / length) }, (_, index) =>
    text.slice(index * length, (index + 1) * length),
  );
}
