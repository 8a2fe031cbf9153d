import { RingbackError } from '../../errors.ts';
import type { LlmToolCall } from '../llm.ts';
import { NAME } from './failure.ts';

/** Of one answer; further ones are left out, and with so many it is no answer. */
export const MOST_TOOL_CALLS = 16;
export const TOO_MANY_TOOL_CALLS = 128;
export const LONGEST_ARGUMENTS = 20_000;
const LONGEST_NAME = 200;

/** A piece of a tool call as servers send it: any of it may be missing, and `arguments` may be an object. */
export interface ToolCallDelta {
  readonly index?: unknown;
  readonly id?: unknown;
  readonly function?: unknown;
}

interface Growing {
  readonly index: number | undefined;
  id: string;
  name: string;
  arguments: string;
}

/**
 * Puts tool calls together from their pieces. By the protocol a call is its `index`; servers in OpenAI's image leave
 * it out, give every call the same, leave out the id, or send the arguments whole, even as an object.
 */
export class ToolCalls {
  readonly #calls: Growing[] = [];
  readonly #random: () => number;
  #leftOut = 0;

  /** `random` is uniform in [0, 1): it makes the ids that servers leave out. */
  constructor(random: () => number) {
    this.#random = random;
  }

  get count(): number {
    return this.#calls.length;
  }

  /** False where it is more than one answer may hold. */
  add(delta: ToolCallDelta): boolean {
    const index = typeof delta.index === 'number' ? delta.index : undefined;
    const id = typeof delta.id === 'string' ? delta.id : '';
    const body = isRecord(delta.function) ? delta.function : {};
    const name = typeof body['name'] === 'string' ? body['name'].slice(0, LONGEST_NAME) : '';
    // Once one was left out, a piece that does not say whose it is may be its.
    const isKnown = index !== undefined && this.#calls.some((known) => known.index === index);
    const isStray = this.#leftOut > 0 && id === '' && name === '' && !isKnown;
    const call = isStray ? undefined : (this.#find(index, id, name) ?? this.#begin(index, id, name));
    if (call === undefined) return this.#leftOut <= TOO_MANY_TOOL_CALLS;
    call.id ||= id;
    call.name ||= name;
    // A piece grows; an object is always the whole.
    if (typeof body['arguments'] === 'string') call.arguments += body['arguments'];
    else if (isRecord(body['arguments'])) call.arguments = JSON.stringify(body['arguments']);
    return call.arguments.length <= LONGEST_ARGUMENTS;
  }

  /** All of them, whole, each with an id of its own. Throws `vendor_failed` where one has no name. */
  end(): LlmToolCall[] {
    const ids = new Set<string>();
    return this.#calls.map((call) => {
      if (call.name === '') throw new RingbackError('vendor_failed', [NAME, 'it called a tool without a name']);
      const id = call.id === '' || ids.has(call.id) ? this.#newId(ids) : call.id;
      ids.add(id);
      return { id, name: call.name, arguments: call.arguments.trim() === '' ? '{}' : call.arguments };
    });
  }

  /** The call that a piece belongs to; undefined where it begins another. */
  #find(index: number | undefined, id: string, name: string): Growing | undefined {
    if (index === undefined && id !== '') return this.#calls.findLast((call) => call.id === id);
    const last = this.#calls.findLast((call) => index === undefined || call.index === index);
    if (last === undefined || name === '') return last;
    // With a name it is the beginning of a call, unless the server only says again whose piece this is.
    const isOther = id !== '' && last.id !== '' ? id !== last.id : isWhole(last.arguments);
    return isOther ? undefined : last;
  }

  #begin(index: number | undefined, id: string, name: string): Growing | undefined {
    if (this.#calls.length >= MOST_TOOL_CALLS) {
      this.#leftOut += 1;
      return undefined;
    }
    const call = { index, id, name, arguments: '' };
    this.#calls.push(call);
    return call;
  }

  #newId(taken: ReadonlySet<string>): string {
    const base = `call_${Math.floor(this.#random() * 2 ** 48).toString(36)}`;
    for (let count = 0; ; count += 1) {
      const id = `${base}_${count}`;
      if (!taken.has(id)) return id;
    }
  }
}

function isWhole(text: string): boolean {
  try {
    return isRecord(JSON.parse(text));
  } catch {
    return false;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
