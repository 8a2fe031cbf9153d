import type { z } from 'zod';
import type { AdapterDefinition } from '../adapter.ts';

/** A language model that answers in a stream and may call tools. */
export interface Llm extends AsyncDisposable {
  readonly name: string;
  readonly models: readonly string[];
  /**
   * One answer. Ends with exactly one `finish`; rejects with `vendor_failed`, `vendor_refused` (asking again does not
   * help), `vendor_deadline`, or with `signal.reason` when aborted. Never retries by itself.
   */
  answer(request: LlmRequest, options: { signal: AbortSignal }): AsyncIterable<LlmEvent>;
}

export interface LlmRequest {
  /** Model name, or null for its first. */
  readonly model: string | null;
  readonly messages: readonly LlmMessage[];
  readonly tools: readonly LlmTool[];
  /** Stable per call, for vendors that cache by it. */
  readonly callId: string;
}

export type LlmMessage =
  | { readonly role: 'system'; readonly text: string }
  | { readonly role: 'user'; readonly text: string }
  | {
      readonly role: 'assistant';
      readonly text: string;
      readonly toolCalls?: readonly LlmToolCall[];
    }
  | {
      readonly role: 'tool';
      readonly toolCallId: string;
      readonly name: string;
      readonly result: string;
    };

export interface LlmToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON as the model wrote it; may be malformed. */
  readonly arguments: string;
}

export interface LlmTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export type LlmEvent =
  | { readonly type: 'text'; readonly text: string }
  /** Whole, after its arguments have come in. */
  | { readonly type: 'tool_call'; readonly call: LlmToolCall }
  | { readonly type: 'finish'; readonly reason: 'stop' | 'tool_calls' | 'length' | 'filtered' };

export type LlmDefinition<Env extends z.ZodRawShape = z.ZodRawShape> = AdapterDefinition<Env, Llm>;

/** Checks the shape of an LLM's default export. */
export function defineLlm<Env extends z.ZodRawShape>(definition: LlmDefinition<Env>): LlmDefinition<Env> {
  return definition;
}
