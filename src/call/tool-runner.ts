import type { Clock } from '../clock.ts';
import type { Turn } from '../domain/call.ts';
import { unknownResult, type TornCall } from '../domain/torn-call.ts';
import { isRingbackError, RingbackError } from '../errors.ts';
import type { LlmTool, LlmToolCall } from '../llm/llm.ts';
import type { Log } from '../log.ts';
import type { BackgroundTasks } from '../service.ts';
import { ToolInputError, type CallbackDesk, type Tool, type ToolCallInfo, type ToolResult } from '../tools/tool.ts';
import type { Transcript } from './transcript.ts';

export interface ToolRunnerOptions {
  readonly info: ToolCallInfo;
  readonly tools: readonly Tool[];
  readonly deskOf: (key: string) => CallbackDesk;
  readonly endCall: () => void;
  readonly pressKeys: (keys: string) => boolean;
  readonly transcript: Transcript;
  /** Where a call goes on whose stream is opened again. */
  readonly torn?: TornCall;
  readonly clock: Clock;
  readonly log: Log;
  /** Owns what a tool still does after its deadline. */
  readonly tasks: BackgroundTasks;
}

export const TOOL_DEADLINE_MS = 10_000;
const LONGEST_NAME = 64;
const UNFIT = 'The tool failed on our side. Tell the caller that it did not work, and offer to try again.';

/**
 * Runs the tool calls of one call, one after the other. Whatever comes of one is an answer that the LLM can act on. A
 * call that has begun is finished and stored, also when the caller cuts in or hangs up, so that it is never repeated.
 */
export class ToolRunner {
  readonly #options: ToolRunnerOptions;
  readonly #tools: readonly Tool[];
  #queue: Promise<void> = Promise.resolve();
  #answeredIndex: number;
  #nextToolIndex: number;

  constructor(options: ToolRunnerOptions) {
    this.#options = options;
    this.#answeredIndex = options.torn?.answering.turnIndex ?? -1;
    this.#nextToolIndex = options.torn?.answering.toolCalls ?? 0;
    // What an agent's settings do not name is off.
    this.#tools = options.tools.filter((tool) => options.info.agent.tools[tool.setting] === true);
  }

  /** The tools that are on, as the LLM sees them. */
  offered(): LlmTool[] {
    const { info } = this.#options;
    return this.#tools.map((tool) => ({
      name: tool.name,
      description: tool.description,
      parameters: tool.parameters(info),
    }));
  }

  /**
   * Runs the calls of an answer in order, and stores each with its result. What they do to the talk itself they do to that
   * answer alone: once `answer` is aborted, no call is ended and no key pressed. Never rejects for a tool's sake.
   */
  run(calls: readonly LlmToolCall[], answer: AbortSignal): Promise<void> {
    const { transcript } = this.#options;
    const run = async (): Promise<void> => {
      for (const call of calls) {
        const key = this.#nextKey();
        const input = parsed(call.arguments);
        const record = transcript.tool(call.name.slice(0, LONGEST_NAME), input.ok ? input.value : call.arguments);
        record.close(input.ok ? await this.#answer(call.name, input.value, key, answer) : refusal(input.error));
      }
    };
    this.#queue = this.#queue.then(run, run);
    return this.#queue;
  }

  /**
   * Runs again what a process that died had begun, under the same keys: what was done is found, not done twice. Of a
   * tool that may not be run again it is said that its end is not known. To be called once, before anything else.
   */
  finishTorn(): void {
    const { transcript } = this.#options;
    const torn: { turn: Turn; key: string }[] = [];
    for (const turn of transcript.turns) {
      if (turn.role === 'caller') this.#answering(turn.index);
      if (turn.role !== 'tool') continue;
      const key = this.#takeKey();
      if (turn.endedAt === null) torn.push({ turn, key });
    }
    const run = async (): Promise<void> => {
      for (const { turn, key } of torn) transcript.toolAgain(turn.index).close(await this.#again(turn, key));
    };
    this.#queue = this.#queue.then(run);
  }

  /** Resolves when no tool is running; bounded by the tools' deadline. */
  async idle(): Promise<void> {
    let last: Promise<void> | undefined;
    while (last !== this.#queue) {
      last = this.#queue;
      await last.catch(() => undefined);
    }
  }

  /** The same on every delivery: the caller's turn that is answered, and the how-manieth call in answer to it. */
  #nextKey(): string {
    this.#answering(this.#options.transcript.answeredIndex);
    return this.#takeKey();
  }

  #answering(turnIndex: number): void {
    if (turnIndex === this.#answeredIndex) return;
    this.#answeredIndex = turnIndex;
    this.#nextToolIndex = 0;
  }

  #takeKey(): string {
    return `${this.#options.info.callId}:${this.#answeredIndex}:${this.#nextToolIndex++}`;
  }

  #again({ toolName, toolArguments }: Turn, key: string): Promise<ToolResult> | ToolResult {
    const name = toolName ?? '';
    const isOnceOnly = this.#tools.find((each) => each.name === name)?.onceOnly === true;
    return isOnceOnly ? unknownResult : this.#answer(name, toolArguments ?? {}, key);
  }

  async #answer(name: string, input: unknown, key: string, answer?: AbortSignal): Promise<ToolResult> {
    const { info, log } = this.#options;
    const tool = this.#tools.find((each) => each.name === name);
    if (tool === undefined) {
      const names = this.#tools.map((each) => each.name).join(', ');
      return refusal(`There is no such tool. ${names === '' ? 'You have none.' : `You have: ${names}.`}`);
    }
    const untilMs = this.#options.clock.nowMs() + TOOL_DEADLINE_MS;
    const run = (): Promise<ToolResult> => this.#run(tool, input, key, untilMs, answer);
    try {
      return await run().catch((error: unknown) => {
        if (tool.onceOnly === true || !isPassing(error)) throw error;
        log.warn({ callId: info.callId, tool: tool.name, fault: error.code }, 'a tool is run again');
        return run();
      });
    } catch (error) {
      if (error instanceof ToolInputError) return refusal(error.message);
      const fault = error instanceof Error ? error.name : 'unknown';
      log.error({ callId: info.callId, tool: tool.name, fault }, 'a tool failed');
      return refusal(UNFIT);
    }
  }

  async #run(
    tool: Tool,
    input: unknown,
    key: string,
    untilMs: number,
    answer: AbortSignal | undefined,
  ): Promise<ToolResult> {
    const { info, deskOf, clock, tasks } = this.#options;
    const isCut = (): boolean => answer?.aborted === true;
    const endCall = (): void => (isCut() ? undefined : this.#options.endCall());
    const pressKeys = (keys: string): boolean => !isCut() && this.#options.pressKeys(keys);
    const stop = new AbortController();
    const late = Promise.withResolvers<never>();
    late.promise.catch(() => undefined);
    const timer = clock.setTimer(untilMs - clock.nowMs(), () => {
      stop.abort(new RingbackError('vendor_deadline', [tool.name, TOOL_DEADLINE_MS]));
      late.reject(stop.signal.reason);
    });
    try {
      const parsedInput = tool.parse(input, info);
      const context = { ...info, key, callbacks: deskOf(key), endCall, pressKeys };
      const running = tool.run(parsedInput, context, { signal: stop.signal });
      tasks.add(running.then(undefined, () => undefined));
      return await Promise.race([running, late.promise]);
    } finally {
      timer.cancel();
    }
  }
}

/**
 * A database that was late with one statement, or lost one connection, is there again at the next: nobody is told of it
 * where the second try succeeds. Its key finds what the first may have done.
 */
function isPassing(error: unknown): error is RingbackError {
  return isRingbackError(error, 'query_deadline') || isRingbackError(error, 'database_unavailable');
}

function refusal(error: string): ToolResult {
  return { ok: false, error };
}

function parsed(json: string): { ok: true; value: unknown } | { ok: false; error: string } {
  try {
    // No arguments at all is how some models say "none".
    return { ok: true, value: json.trim() === '' ? {} : (JSON.parse(json) as unknown) };
  } catch {
    return { ok: false, error: 'The arguments were not valid JSON. Call the tool again with a JSON object.' };
  }
}
