import type { AgentSettings } from '../domain/agent.ts';
import type { TimeWish } from '../domain/wall-time.ts';

/** A tool that the LLM may call. One file per tool, whose default export comes from `defineTool`. */
export interface Tool<Input = unknown> {
  /** What the LLM calls it: snake_case, the file's name in kebab-case. */
  readonly name: string;
  /** The agent's switch for it: camelCase. */
  readonly setting: string;
  /** What an operator calls it, for example "Schedule a callback". */
  readonly title: string;
  /** For the operator: what it does, in a sentence. */
  readonly summary: string;
  /** For the LLM. */
  readonly description: string;
  /** JSON Schema of the arguments for this call (some arguments depend on the agent's policy). */
  parameters(context: ToolCallInfo): Readonly<Record<string, unknown>>;
  /** Parses what the LLM sent (already JSON). Throws `ToolInputError` with a sentence the LLM can act on. */
  parse(input: unknown, context: ToolCallInfo): Input;
  /** Acts; the result goes to the LLM as JSON. Throws only on a fault of ours. */
  run(input: Input, context: ToolContext, options: { signal: AbortSignal }): Promise<ToolResult>;
}

export type ToolResult =
  | { readonly ok: true; readonly [key: string]: unknown }
  | { readonly ok: false; readonly error: string; readonly [key: string]: unknown };

/** Arguments that make no sense; the message goes back to the LLM. */
export class ToolInputError extends Error {
  override readonly name = 'ToolInputError';
}

/** The call in which a tool is called. */
export interface ToolCallInfo {
  readonly callId: string;
  readonly agent: AgentSettings;
  /** The other side's number; null for a hidden caller. */
  readonly person: string | null;
}

/** What a tool may do: narrow functions, so that a tool knows no database and no carrier. */
export interface ToolContext extends ToolCallInfo {
  /** Stable for one tool call however often it is delivered: call, turn index, tool index. */
  readonly key: string;
  readonly callbacks: CallbackDesk;
  /** Hangs up after the agent's last words have been heard. */
  endCall(): void;
}

/** The use-cases of callbacks, as far as a conversation may use them. */
export interface CallbackDesk {
  /** Books, or moves the open promise of this person and agent. Refusals are answers, not throws. */
  book(request: BookingWish): Promise<BookingAnswer>;
}

/** When to call back and what about, as the LLM told it. */
export interface BookingWish {
  readonly wish: TimeWish;
  readonly reason: string;
  readonly callerName?: string;
  readonly phoneNumber?: string;
  readonly confirmOutsideHours: boolean;
}

export type BookingAnswer =
  | {
      readonly ok: true;
      readonly callbackId: string;
      readonly localTime: string;
      readonly timeZone: string;
      /** The exact sentence to read back. */ readonly say: string;
    }
  | { readonly ok: false; readonly error: string; readonly suggestion?: string };

/** Checks the shape of a tool's default export. */
export function defineTool<Input>(tool: Tool<Input>): Tool<Input> {
  return tool;
}
