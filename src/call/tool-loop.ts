import type { Clock } from '../clock.ts';
import type { Llm, LlmEvent, LlmMessage, LlmRequest, LlmToolCall } from '../llm/llm.ts';
import { streamAnswer } from './llm-stream.ts';
import type { ToolRunner } from './tool-runner.ts';

export interface ToolLoopOptions {
  readonly llm: Llm;
  readonly model: string | null;
  readonly callId: string;
  /** Read anew for each round: it holds what the tools answered. */
  readonly messages: () => readonly LlmMessage[];
  readonly tools: ToolRunner;
  /** What was begun already in answer to exactly this; null for nothing. */
  readonly begun: (request: LlmRequest) => AsyncIterable<LlmEvent> | null;
  /** The call ends once all has been heard: nothing needs to be said after a goodbye. */
  readonly isEnding: () => boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly events: {
    onText(text: string): void;
    /** A round is over: its text is whole. */
    onRoundEnd(): void;
  };
}

/** Rounds in which tools are offered; then one more without any, so that it ends in words. */
const MOST_ROUNDS = 8;
/** Of one round; more are left out. */
const MOST_CALLS = 8;
/** About six minutes of speech; more is not said. */
const MOST_CHARACTERS = 6_000;

/**
 * Asks the LLM, runs the tools that it calls, and asks again, until it answers in words. Throws what the LLM threw, or
 * `signal.reason`; tools that were called by then are finished first.
 */
export async function answerWithTools(options: ToolLoopOptions): Promise<void> {
  const { tools, signal, events } = options;
  let said = false;
  for (let round = 0; round <= MOST_ROUNDS; round += 1) {
    // Of a turn that was cut, a tool may still be at work: what it answers belongs into the messages.
    await tools.idle();
    signal.throwIfAborted();
    const { text, calls } = await oneRound(options, round < MOST_ROUNDS);
    said ||= text;
    events.onRoundEnd();
    if (calls.length === 0) return;
    await tools.run(calls, signal);
    signal.throwIfAborted();
    if (options.isEnding() && said) return;
  }
}

async function oneRound(
  { llm, model, callId, messages, tools, begun, clock, signal, events }: ToolLoopOptions,
  withTools: boolean,
): Promise<{ text: boolean; calls: LlmToolCall[] }> {
  const request = { model, callId, messages: messages(), tools: withTools ? tools.offered() : [] };
  const calls: LlmToolCall[] = [];
  let length = 0;
  for await (const event of begun(request) ?? streamAnswer(llm, request, { clock, signal })) {
    if (event.type === 'tool_call' && withTools && calls.length < MOST_CALLS) calls.push(event.call);
    if (event.type !== 'text' || length >= MOST_CHARACTERS) continue;
    length += event.text.length;
    events.onText(event.text);
  }
  return { text: length > 0, calls };
}
