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
  /**
   * What it does can't be done twice without harm, and nothing tells whether it was done. Other tools are run again,
   * under the same key, where a process died over them.
   */
  readonly onceOnly?: true;
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
  /** Presses these keys (0-9, A-D, `*`, `#`, a comma waits) after what was said by now; false where it is too late. */
  pressKeys(keys: string): boolean;
}

/** The use-cases of callbacks, as far as a conversation may use them. Refusals are answers, not throws. */
export interface CallbackDesk {
  /** Books, or moves the open promise of this person and agent. */
  book(request: BookingWish): Promise<BookingAnswer>;
  /** Moves an open callback of this person with this agent, or keeps it for the time that is planned. */
  move(request: MoveWish): Promise<BookingAnswer>;
  /** Cancels an open callback of this person with this agent; without an id the one that they have. */
  cancel(which: { readonly callbackId?: string }): Promise<DeskReply>;
  /** Cancels what is open for this person with any agent, and never calls their number again. */
  doNotCall(): Promise<DeskReply>;
}

/** When to call back and what about, as the LLM told it. */
export interface BookingWish {
  readonly wish: TimeWish;
  readonly reason: string;
  readonly callerName?: string;
  readonly phoneNumber?: string;
  readonly confirmOutsideHours: boolean;
}

/** Which callback, and to when; `keep` leaves it where it is planned. */
export interface MoveWish {
  readonly callbackId?: string;
  readonly wish: TimeWish | 'keep';
  readonly confirmOutsideHours: boolean;
}

/** `say` is the exact sentence to tell them. */
export type DeskReply = { readonly ok: true; readonly say: string } | { readonly ok: false; readonly error: string };

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

/** No day, time, zone or id is as long as this; what is longer is nonsense. */
const MOST_WORD_CHARACTERS = 64;

/**
 * What a model sent as arguments, read one by one. Each reader throws `ToolInputError` with what it wants instead. Null
 * and empty text count as left out, as models write them for arguments without a value.
 */
export class ToolArguments {
  readonly #args: ReadonlyMap<string, unknown>;

  /** `wants` says what the object has to hold. */
  constructor(input: unknown, wants: string) {
    if (typeof input !== 'object' || input === null || Array.isArray(input))
      throw new ToolInputError(`Send one JSON object ${wants}.`);
    this.#args = new Map(Object.entries(input));
  }

  given(name: string): unknown {
    const value = this.#args.get(name);
    return value === null || (typeof value === 'string' && value.trim() === '') ? undefined : value;
  }

  /** A number, or one written in quotes, which some models do: "10" can mean nothing else. */
  number(name: string, wants: string): number | undefined {
    const value = this.given(name);
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number)) throw new ToolInputError(`${name} must be ${wants}.`);
    return number;
  }

  word(name: string, wants: string): string | undefined {
    const value = this.given(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value.length > MOST_WORD_CHARACTERS)
      throw new ToolInputError(`${name} must be text: ${wants}.`);
    return value.trim();
  }

  /** One line of at most so many characters; longer ones are cut. */
  line(name: string, most: number): string | undefined {
    const value = this.given(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw new ToolInputError(`${name} must be text.`);
    // Control characters and line breaks have no place in a prompt's line or in a table.
    const line = value.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
    return line === '' ? undefined : line.slice(0, most).toWellFormed();
  }

  truth(name: string): boolean {
    const value = this.given(name);
    if (value === undefined || value === false || value === 'false') return false;
    if (value === true || value === 'true') return true;
    throw new ToolInputError(`${name} must be true or false.`);
  }

  /** When, as they said it; `timeParameters` describes it to the model. */
  time(): TimeWish {
    const inMinutes = this.number('in_minutes', 'a number of minutes, for example 30 or 1.5');
    const day = this.word('day', 'today, tomorrow, a weekday in English, or YYYY-MM-DD');
    const time = this.word('time', 'HH:mm in 24 hours, for example 16:30');
    const timeZone = this.word('time_zone', 'an IANA zone, for example America/Chicago');
    return {
      ...(inMinutes === undefined ? {} : { inMinutes }),
      ...(day === undefined ? {} : { day }),
      ...(time === undefined ? {} : { time }),
      ...(timeZone === undefined ? {} : { timeZone }),
    };
  }
}

/** JSON Schema of a time, as every tool that takes one describes it. */
export const timeParameters = {
  in_minutes: { type: 'number', minimum: 0, description: 'Minutes from now; fractions are allowed (1.5).' },
  day: { type: 'string', description: 'today, tomorrow, a weekday in English (monday), or YYYY-MM-DD.' },
  time: { type: 'string', description: 'Local wall time, HH:mm in 24 hours, without Z or an offset.' },
  time_zone: { type: 'string', description: 'IANA zone, only if they named a zone or a city for it.' },
} as const;

/** JSON Schema of the confirmation that a time outside the calling hours needs. */
export const confirmParameter = {
  confirm_outside_hours: {
    type: 'boolean',
    description: 'True only after they confirmed a time that this tool refused as outside the calling hours.',
  },
} as const;
