import { RingbackError } from '../../errors.ts';
import type { LlmEvent } from '../llm.ts';
import { NAME } from './failure.ts';
import { ThoughtFilter } from './thoughts.ts';
import { isRecord, ToolCalls } from './tool-calls.ts';

/** Nobody listens to more than this in one turn: twenty minutes of speech. */
export const LONGEST_TEXT = 20_000;

/** Tokens of one answer, where the server counts them. */
export interface Usage {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

type FinishReason = Extract<LlmEvent, { type: 'finish' }>['reason'];

/**
 * Reads the chunks of one streamed chat completion
 * (platform.openai.com/docs/api-reference/chat-streaming), as OpenAI and the servers in its image send them. Text comes
 * out with the chunk that brought it; tool calls and the finish come out at the end, because a call from an answer that
 * was cut must not be run.
 */
export class AnswerReader {
  readonly #thoughts = new ThoughtFilter();
  readonly #calls: ToolCalls;
  #textLength = 0;
  #refused = false;
  #finish: string | undefined;
  #isFull = false;
  #usage: Usage | undefined;

  constructor(random: () => number) {
    this.#calls = new ToolCalls(random);
  }

  /** The model has said why it stopped; only counts may follow. */
  get isFinished(): boolean {
    return this.#finish !== undefined;
  }

  /** It went beyond what one answer may hold: nothing more is read. */
  get isFull(): boolean {
    return this.#isFull;
  }

  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** The text that a chunk brings, '' where it brings none. Throws `vendor_failed` for what is no chunk. */
  read(chunk: unknown): string {
    if (!isRecord(chunk) || chunk['object'] === 'error') throw nonsense();
    this.#usage = usageOf(chunk['usage']) ?? this.#usage;
    const choices = chunk['choices'];
    const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
    // What comes after the finish is the server's confusion.
    if (!isRecord(choice) || this.isFinished) return '';
    const text = isRecord(choice['delta']) ? this.#readDelta(choice['delta']) : '';
    const reason = choice['finish_reason'];
    if (typeof reason === 'string' && reason !== '') this.#finish = reason;
    return text;
  }

  /** What is left to tell once the stream is over. Throws `vendor_failed` where it ended too early. */
  end(): LlmEvent[] {
    if (this.#isFull) return [{ type: 'finish', reason: 'length' }];
    if (this.#finish === undefined)
      throw new RingbackError('vendor_failed', [NAME, 'its answer ended before it was finished']);
    if (this.#finish === 'error') throw new RingbackError('vendor_failed', [NAME, 'it broke off its answer']);
    const events: LlmEvent[] = [];
    const rest = this.#said(this.#thoughts.end());
    if (rest !== '') events.push({ type: 'text', text: rest });
    const reason = this.#reason(this.#finish);
    // The arguments of an answer that was cut are cut too.
    if (reason === 'tool_calls') for (const call of this.#calls.end()) events.push({ type: 'tool_call', call });
    return [...events, { type: 'finish', reason }];
  }

  #reason(finish: string): FinishReason {
    if (finish === 'length') return 'length';
    if (finish === 'content_filter' || this.#refused) return 'filtered';
    // Some servers say `stop` when they called a tool, and some have words of their own for a stop.
    return this.#calls.count > 0 ? 'tool_calls' : 'stop';
  }

  #readDelta(delta: Readonly<Record<string, unknown>>): string {
    if (typeof delta['refusal'] === 'string' && delta['refusal'] !== '') this.#refused = true;
    const calls = delta['tool_calls'];
    if (Array.isArray(calls))
      for (const call of calls) if (isRecord(call) && !this.#calls.add(call)) this.#isFull = true;
    return this.#said(this.#thoughts.take(textOf(delta['content'])));
  }

  #said(text: string): string {
    // Models that think first leave blank lines behind it: a first word has not come yet.
    const said = this.#textLength === 0 ? text.trimStart() : text;
    const room = LONGEST_TEXT - this.#textLength;
    if (said.length > room) this.#isFull = true;
    this.#textLength += Math.min(said.length, room);
    return said.slice(0, room);
  }
}

/** Content is a string; servers of models that think may send parts, of which only the text is said. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) =>
      isRecord(part) && part['type'] === 'text' && typeof part['text'] === 'string' ? part['text'] : '',
    )
    .join('');
}

function usageOf(usage: unknown): Usage | undefined {
  if (!isRecord(usage)) return undefined;
  const details = usage['prompt_tokens_details'];
  return {
    inputTokens: numberOf(usage['prompt_tokens']),
    cachedTokens: isRecord(details) ? numberOf(details['cached_tokens']) : 0,
    outputTokens: numberOf(usage['completion_tokens']),
  };
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function nonsense(): RingbackError {
  return new RingbackError('vendor_failed', [NAME, 'it sent nonsense']);
}
