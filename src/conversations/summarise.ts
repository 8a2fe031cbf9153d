import PQueue from 'p-queue';
import type { Clock } from '../clock.ts';
import type { AgentSettings } from '../domain/agent.ts';
import type { Call } from '../domain/call.ts';
import { RingbackError } from '../errors.ts';
import type { Llm, LlmMessage, LlmRequest } from '../llm/llm.ts';
import type { Log } from '../log.ts';
import type { ConversationDeps } from './deps.ts';
import { turnMessages } from './preload.ts';

/** How long a model may take; then there is no summary, and nothing waits for it. */
const DEADLINE_MS = 30_000;
/** Summaries at once, and how many may wait; past that a call stays without one. */
const CONCURRENCY = 2;
const MOST_WAITING = 200;
const LONGEST_SUMMARY = 1_000;

/** What is asked of the model after the last turn of a call. */
const instruction: LlmMessage = {
  role: 'system',
  text: 'Summarise this call in at most three sentences: who called about what, what was agreed or promised, and what is still open. Plain text, in the language of the call.',
};

export interface SummariesOptions {
  readonly conversations: Pick<ConversationDeps, 'records' | 'findAgent'>;
  readonly llmOf: (agent: AgentSettings) => { readonly llm: Llm; readonly model: string | null };
  readonly clock: Clock;
  readonly log: Log;
}

/** Writes summaries of calls that have ended, behind everything else. Whoever opens it closes it. */
export interface Summaries extends AsyncDisposable {
  /** Asks for the summary of a call; a failure leaves it without one. */
  write(callId: string): void;
  /** Resolves when none is being written. */
  idle(): Promise<void>;
}

/** Writes two at a time; whoever opens it closes it, which lets go of those that wait. */
export function openSummaries(options: SummariesOptions): Summaries {
  const { log } = options;
  const queue = new PQueue({ concurrency: CONCURRENCY });
  const stop = new AbortController();

  async function summarise(callId: string): Promise<void> {
    if (stop.signal.aborted) return;
    try {
      await summariseCall(options, callId, stop.signal);
    } catch (error) {
      if (!stop.signal.aborted)
        log.warn(
          { callId, error: error instanceof Error ? error.name : typeof error },
          'a summary could not be written',
        );
    }
  }

  return {
    write(callId) {
      if (queue.size >= MOST_WAITING)
        return log.warn({ callId }, 'too many summaries wait: this call stays without one');
      void queue.add(() => summarise(callId));
    },
    idle: () => queue.onIdle(),
    async [Symbol.asyncDispose]() {
      queue.clear();
      stop.abort(new RingbackError('stopping'));
      await queue.onIdle();
    },
  };
}

async function summariseCall(options: SummariesOptions, callId: string, stop: AbortSignal): Promise<void> {
  const { records, findAgent } = options.conversations;
  const call = await records.find(callId);
  const turns = await records.turns(callId);
  // A call in which the other side said nothing has nothing to sum up.
  if (call === undefined || !turns.some((turn) => turn.role === 'caller')) return;
  const agent = await findAgent(call.agentId);
  if (agent === undefined) return;
  const messages = [roles(agent, call), ...turnMessages(callId, turns), instruction];
  const text = await answerOf(options, agent, callId, messages, stop);
  if (text !== '') await records.saveSummary(callId, text.slice(0, LONGEST_SUMMARY));
}

async function answerOf(
  options: SummariesOptions,
  agent: AgentSettings,
  callId: string,
  messages: readonly LlmMessage[],
  stop: AbortSignal,
): Promise<string> {
  stop.throwIfAborted();
  const { llm, model } = options.llmOf(agent);
  // Asked to stop, and not waited for: a model that ignores it must hold neither the queue nor the end of the process.
  const given = new AbortController();
  const giveUp = Promise.withResolvers<never>();
  given.signal.addEventListener('abort', () => giveUp.reject(given.signal.reason), { once: true });
  const stopped = (): void => given.abort(stop.reason);
  stop.addEventListener('abort', stopped, { once: true });
  const timer = options.clock.setTimer(DEADLINE_MS, () =>
    given.abort(new RingbackError('vendor_deadline', [llm.name, DEADLINE_MS])),
  );
  try {
    const answer = textOf(llm, { model, messages, tools: [], callId }, given.signal);
    return await Promise.race([answer, giveUp.promise]);
  } finally {
    timer.cancel();
    stop.removeEventListener('abort', stopped);
  }
}

async function textOf(llm: Llm, request: LlmRequest, signal: AbortSignal): Promise<string> {
  let text = '';
  for await (const event of llm.answer(request, { signal })) {
    if (event.type === 'text') text += event.text;
    if (text.length > LONGEST_SUMMARY) break;
  }
  return text.trim();
}

function roles(agent: AgentSettings, call: Call): LlmMessage {
  const who = call.direction === 'inbound' ? 'The user called' : 'The user was called back by';
  return { role: 'system', text: `This is a finished telephone call. ${who} ${agent.name}, the assistant.` };
}
