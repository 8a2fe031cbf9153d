import type OpenAI from 'openai';
import type { AdapterContext } from '../../adapter.ts';
import type { LlmRequest } from '../llm.ts';
import type { Endpoint } from './endpoint.ts';
import { Exchange } from './exchange.ts';
import { failureOf } from './failure.ts';

/** A local server may load tens of gigabytes for its first answer. */
const WARM_UP_DEADLINE_MS = 90_000;
const LOOK_UP_DEADLINE_MS = 10_000;

interface WarmUp {
  readonly client: OpenAI;
  readonly endpoint: Endpoint;
  readonly context: AdapterContext;
  readonly signal: AbortSignal;
  readonly ask: (
    request: LlmRequest,
    exchange: Exchange,
    withinMs: number,
    most: number,
  ) => Promise<AsyncIterator<unknown>>;
}

/**
 * Makes the first turn as quick as the others, and tells the operator at the start what a caller would meet. OpenAI is
 * only looked up, which opens a connection; any other server is asked for one token, which loads the model and shows
 * which fields it refuses. Never rejects.
 */
export async function warmUp(options: WarmUp): Promise<void> {
  const { endpoint, context, signal } = options;
  using exchange = new Exchange(context.clock, [signal]);
  try {
    if (endpoint.isOpenAi) await lookUp(options, exchange);
    else await oneToken(options, exchange);
  } catch (error) {
    if (signal.aborted) return;
    const failure = failureOf(error);
    const { status } = failure.details;
    context.log.warn(
      { code: failure.code, ...(typeof status === 'number' ? { status } : {}) },
      status === 404
        ? 'the language model is not there: look at OPENAI_MODEL, and whether OPENAI_BASE_URL should end in /v1'
        : status === 401 || status === 403
          ? 'the language model refuses us: look at OPENAI_API_KEY'
          : 'the language model gave no answer to a first try; calls are taken all the same',
    );
  }
}

async function lookUp({ client, endpoint }: WarmUp, exchange: Exchange): Promise<void> {
  await exchange.within(LOOK_UP_DEADLINE_MS, client.models.retrieve(endpoint.model, { signal: exchange.signal }));
}

async function oneToken({ ask }: WarmUp, exchange: Exchange): Promise<void> {
  const messages = [{ role: 'user', text: 'Hi' }] as const;
  const chunks = await ask({ model: null, messages, tools: [], callId: '' }, exchange, WARM_UP_DEADLINE_MS, 1);
  while ((await exchange.within(WARM_UP_DEADLINE_MS, chunks.next())).done !== true);
}
