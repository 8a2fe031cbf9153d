import OpenAI, { APIError } from 'openai';
import type { ChatCompletionChunk, ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import type { AdapterContext } from '../../adapter.ts';
import { RingbackError } from '../../errors.ts';
import type { Llm, LlmEvent, LlmRequest } from '../llm.ts';
import { AnswerReader } from './answer-reader.ts';
import { openConnections, type Connections } from './connections.ts';
import type { Endpoint } from './endpoint.ts';
import { Exchange } from './exchange.ts';
import { failureOf } from './failure.ts';
import { refusedFields, requestBody, type OptionalField } from './request.ts';
import { warmUp } from './warm-up.ts';

/** Who asks sets how long a caller waits; these only keep an exchange from hanging for ever. */
export const FIRST_CHUNK_DEADLINE_MS = 30_000;
export const NEXT_CHUNK_DEADLINE_MS = 10_000;
/** How long the finish may wait for the connection to be free, so that the answer to a tool's result finds it. */
const FINISH_WAIT_MS = 50;
/** How long after it the rest of a finished answer may take; then its connection is closed. */
const TAIL_DEADLINE_MS = 2_000;
/** The SDK's own time-out reads a clock in place and ends with the headers: it only must not come first. */
const NEVER_MS = 2 ** 31 - 1;
/** Models whose refusals are remembered; agents name few. */
const MOST_MODELS = 64;

/**
 * Streamed chat completions of OpenAI, or of a server in its image, through OpenAI's SDK. The SDK never retries here and
 * reads nothing from the environment. Whoever opened it closes it: what still runs then rejects with `stopping`.
 */
export class OpenAiLlm implements Llm {
  readonly name = 'openai';
  readonly models: readonly string[];
  readonly #endpoint: Endpoint;
  readonly #context: AdapterContext;
  readonly #connections: Connections;
  readonly #client: OpenAI;
  readonly #stop = new AbortController();
  readonly #refused = new Map<string, Set<OptionalField>>();
  /** What goes on after an answer was handed out: each is bounded, and waited for at the end. */
  readonly #running = new Set<Promise<void>>();

  constructor(endpoint: Endpoint, context: AdapterContext) {
    this.models = [endpoint.model];
    this.#endpoint = endpoint;
    this.#context = context;
    this.#connections = openConnections(context.clock);
    this.#client = new OpenAI({
      apiKey: endpoint.apiKey ?? 'none',
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      baseURL: endpoint.baseUrl,
      maxRetries: 0,
      timeout: NEVER_MS,
      // Its debug log prints whole requests.
      logLevel: 'off',
      ...(endpoint.apiKey === null ? { defaultHeaders: { authorization: null } } : {}),
      fetch: this.#connections.fetch,
    });
    // Not waited for: the server may come up after us.
    void this.#own(
      warmUp({ client: this.#client, endpoint, context, signal: this.#stop.signal, ask: this.#ask.bind(this) }),
    );
  }

  async *answer(request: LlmRequest, { signal }: { signal: AbortSignal }): AsyncGenerator<LlmEvent> {
    const exchange = new Exchange(this.#context.clock, [signal, this.#stop.signal]);
    let isHandedOn = false;
    try {
      const reader = new AnswerReader(this.#context.random);
      const chunks = await this.#ask(request, exchange, FIRST_CHUNK_DEADLINE_MS);
      let withinMs = FIRST_CHUNK_DEADLINE_MS;
      while (!reader.isFinished && !reader.isFull) {
        const next = await exchange.within(withinMs, chunks.next());
        if (next.done === true) break;
        withinMs = NEXT_CHUNK_DEADLINE_MS;
        const text = reader.read(next.value);
        if (text !== '') yield { type: 'text', text };
      }
      const events = reader.end();
      if (reader.isFinished && !reader.isFull) {
        isHandedOn = true;
        exchange.detach();
        const rest = this.#own(this.#readRest(request.callId, chunks, reader, exchange));
        await this.#atMost(FINISH_WAIT_MS, rest);
        signal.throwIfAborted();
      }
      yield* events;
    } catch (error) {
      signal.throwIfAborted();
      throw failureOf(error);
    } finally {
      if (!isHandedOn) exchange[Symbol.dispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new RingbackError('stopping'));
    this.#connections[Symbol.dispose]();
    await Promise.all(this.#running);
  }

  /**
   * Sends the request; a refusal of a field that can be left out is remembered and asked again without it, since that is
   * the same answer only slower or longer. Rejects with what the SDK throws.
   */
  async #ask(
    request: LlmRequest,
    exchange: Exchange,
    withinMs: number,
    most?: number,
  ): Promise<AsyncIterator<ChatCompletionChunk>> {
    const model = request.model ?? this.#endpoint.model;
    for (;;) {
      const body = requestBody(request, this.#endpoint, this.#refused.get(model) ?? new Set(), most);
      try {
        const stream = await exchange.within(
          withinMs,
          this.#client.chat.completions.create(body, { signal: exchange.signal }),
        );
        return stream[Symbol.asyncIterator]();
      } catch (error) {
        // Each round leaves out a field that was sent, so there are at most as many rounds as fields.
        if (!this.#learn(model, body, error)) throw error;
      }
    }
  }

  #learn(model: string, body: ChatCompletionCreateParamsStreaming, error: unknown): boolean {
    if (!(error instanceof APIError) || typeof error.status !== 'number') return false;
    const fields = refusedFields(body, { status: error.status, param: error.param ?? '', words: error.message });
    if (fields.length === 0) return false;
    const known = this.#refused.get(model) ?? new Set();
    const isNew = fields.some((field) => !known.has(field));
    for (const field of fields) known.add(field);
    this.#refused.delete(model);
    this.#refused.set(model, known);
    const [oldest] = this.#refused.keys();
    if (this.#refused.size > MOST_MODELS && oldest !== undefined) this.#refused.delete(oldest);
    if (isNew)
      this.#context.log.info({ fields }, 'the language model refused optional fields; they are left out from now on');
    return true;
  }

  /** Reads a finished answer to its end, for its counts and for the connection. Never rejects. */
  async #readRest(
    callId: string,
    chunks: AsyncIterator<ChatCompletionChunk>,
    reader: AnswerReader,
    exchange: Exchange,
  ): Promise<void> {
    using _ = exchange;
    try {
      for (;;) {
        const next = await exchange.within(TAIL_DEADLINE_MS, chunks.next());
        if (next.done === true) break;
        reader.read(next.value);
      }
    } catch (error) {
      // The answer is whole all the same; its connection is closed and not used again.
      this.#context.log.debug({ callId, code: failureOf(error).code }, 'an answer had no proper end');
    }
    if (reader.usage !== undefined) this.#context.log.debug({ callId, ...reader.usage }, 'tokens of an answer');
  }

  async #atMost(waitMs: number, work: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#context.clock.setTimer(waitMs, resolve);
    await Promise.race([work, promise]);
    timer.cancel();
  }

  #own(work: Promise<void>): Promise<void> {
    const owned = work.finally(() => this.#running.delete(owned));
    this.#running.add(owned);
    return owned;
  }
}
