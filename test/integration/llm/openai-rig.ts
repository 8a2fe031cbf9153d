import { RingbackError } from '../../../src/errors.ts';
import { systemClock, type Clock } from '../../../src/clock.ts';
import type { LlmEvent, LlmRequest } from '../../../src/llm/llm.ts';
import { OpenAiLlm } from '../../../src/llm/openai/openai.ts';
import { openOpenAiServer, type OpenAiServer, type OpenAiServerOptions } from '../../fakes/openai-server.ts';
import { quietLog, type LogLine } from '../../support/quiet-log.ts';
import { until } from '../../support/until.ts';

/** A server and an LLM that asks it. Whoever opened it disposes it. */
export interface OpenAiRig extends AsyncDisposable {
  readonly server: OpenAiServer;
  readonly llm: OpenAiLlm;
  readonly lines: readonly LogLine[];
  /** Begins an answer; the caller reads it. */
  ask(request?: Partial<LlmRequest>, signal?: AbortSignal): AsyncIterator<LlmEvent>;
  /** A whole answer. */
  answer(request?: Partial<LlmRequest>, signal?: AbortSignal): Promise<LlmEvent[]>;
  /** The words of a whole answer. */
  words(request?: Partial<LlmRequest>): Promise<string>;
  /** What an answer fails with, and what it said before. */
  failure(request?: Partial<LlmRequest>, signal?: AbortSignal): Promise<{ error: unknown; said: string }>;
}

export interface OpenAiRigOptions extends OpenAiServerOptions {
  readonly clock?: Clock;
  /** OpenAI's own service, as far as the adapter knows. */
  readonly isOpenAi?: boolean;
  readonly key?: string | null;
}

const never = new AbortController().signal;

/** Opens both, and waits until the LLM has warmed up, so that a test sees only its own requests. */
export async function openRig(options: OpenAiRigOptions = {}): Promise<OpenAiRig> {
  const server = await openOpenAiServer(options);
  const lines: LogLine[] = [];
  const isOpenAi = options.isOpenAi ?? (options.profile ?? 'openai') === 'openai';
  const llm = new OpenAiLlm(
    { apiKey: options.key === undefined ? 'sk-test' : options.key, baseUrl: server.baseUrl, model: 'luna', isOpenAi },
    { clock: options.clock ?? systemClock, log: quietLog(lines), random: () => 0.5, publicUrl: '' },
  );
  const first = await until(
    'the warm-up',
    server.find(() => true),
  );
  await until('the end of the warm-up', first.over);

  const ask = (request: Partial<LlmRequest> = {}, signal = never): AsyncIterator<LlmEvent> =>
    llm.answer(
      { model: null, messages: [{ role: 'user', text: 'secret question' }], tools: [], callId: 'call-1', ...request },
      { signal },
    );
  const answer = async (request?: Partial<LlmRequest>, signal?: AbortSignal): Promise<LlmEvent[]> => {
    const iterator = ask(request, signal);
    const events: LlmEvent[] = [];
    for (;;) {
      const next = await until('the next event', iterator.next());
      if (next.done === true) return events;
      events.push(next.value);
    }
  };

  return {
    server,
    llm,
    lines,
    ask,
    answer,
    words: async (request) => textOf(await answer(request)),
    async failure(request, signal) {
      const iterator = ask(request, signal);
      let said = '';
      try {
        for (;;) {
          const next = await until('the failure', iterator.next());
          if (next.done === true) throw new Error('it ended as if all were well');
          if (next.value.type === 'text') said += next.value.text;
        }
      } catch (error) {
        return { error, said };
      }
    },
    async [Symbol.asyncDispose]() {
      await until('the LLM to close', llm[Symbol.asyncDispose]());
      await until('the server to close', server[Symbol.asyncDispose]());
    },
  };
}

/** The words of an answer. */
export function textOf(events: readonly LlmEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

/** The code of one of our errors, else what it is. */
export function codeOf(error: unknown): string {
  return error instanceof RingbackError ? error.code : String(error);
}
