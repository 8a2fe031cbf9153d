import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import type { LlmRequest } from '../llm.ts';
import type { Endpoint } from './endpoint.ts';
import { wireMessages } from './messages.ts';

/** Tokens of one answer: some two minutes of speech, or a tool call with room to spare. */
const MOST_TOKENS = 800;

/** Fields without which an answer is only slower or longer: one that a server refuses is left out from then on. */
const optional = [
  'reasoning_effort',
  'verbosity',
  'parallel_tool_calls',
  'prompt_cache_key',
  'stream_options',
  'max_completion_tokens',
  'max_tokens',
] as const satisfies readonly (keyof ChatCompletionCreateParamsStreaming)[];

export type OptionalField = (typeof optional)[number];

/** The body of one request; `refused` names the optional fields to leave out. */
export function requestBody(
  request: LlmRequest,
  { isOpenAi, model }: Pick<Endpoint, 'isOpenAi' | 'model'>,
  refused: ReadonlySet<OptionalField>,
  mostTokens: number = MOST_TOKENS,
): ChatCompletionCreateParamsStreaming {
  const body: ChatCompletionCreateParamsStreaming = {
    model: request.model ?? model,
    messages: wireMessages(request.messages, isOpenAi),
    stream: true,
    // Thinking costs seconds before the first word. (gpt-6-luna besides takes tools here only without it.)
    reasoning_effort: 'none',
    // oxlint-disable-next-line typescript/no-deprecated -- at OpenAI alone; many others know only this one
    ...(isOpenAi ? ownFields(request, mostTokens) : { max_tokens: mostTokens }),
  };
  // An empty list of tools is refused by OpenAI and others.
  if (request.tools.length > 0) {
    body.tools = request.tools.map(({ name, description, parameters }) => ({
      type: 'function',
      function: { name, description, parameters: { ...parameters } },
    }));
    // One promise at a time: each is told its result before the next is made.
    if (isOpenAi) body.parallel_tool_calls = false;
  }
  for (const field of refused) delete body[field];
  return body;
}

/** What OpenAI's own service takes, and others may refuse. */
function ownFields(request: LlmRequest, mostTokens: number): Partial<ChatCompletionCreateParamsStreaming> {
  return {
    verbosity: 'low',
    max_completion_tokens: mostTokens,
    prompt_cache_key: request.callId,
    // The padding against eavesdroppers doubles what is read, and a phone line gives the timing away anyhow.
    stream_options: { include_usage: true, include_obfuscation: false },
  };
}

/** Which of the optional fields that were sent a refusal is about, by its `param` or its words. */
export function refusedFields(
  body: ChatCompletionCreateParamsStreaming,
  refusal: { readonly status: number; readonly param: string; readonly words: string },
): OptionalField[] {
  if (refusal.status !== 400 && refusal.status !== 422) return [];
  const sent = optional.filter((field) => body[field] !== undefined);
  const named = sent.filter((field) => refusal.param === field || refusal.param.replace('.', '_') === field);
  return named.length > 0 ? named : sent.filter((field) => refusal.words.includes(field));
}
