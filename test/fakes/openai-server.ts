import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { chunksOf, profiles, type Profile } from './openai-profiles.ts';

/** The body of a chat completion request, as far as scripts and tests look at it. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly { readonly function: { readonly name: string; readonly parameters: unknown } }[];
  readonly stream_options?: { readonly include_usage?: boolean; readonly include_obfuscation?: boolean };
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly [field: string]: unknown;
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string | null;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
}

export interface ReplyToolCall {
  readonly name: string;
  /** A string is sent as it is, so that a script can send broken JSON. */
  readonly arguments: object | string;
  /** As the profile makes them, unless given. */
  readonly id?: string;
}

/** What the model answers. */
export interface Reply {
  /** A string is cut into pieces; an iterable gives them itself, and may wait before each. */
  readonly text?: string | Iterable<string> | AsyncIterable<string>;
  readonly thoughts?: string;
  readonly refusal?: string;
  readonly toolCalls?: readonly ReplyToolCall[];
  /** As the profile says it, unless given; null: it never says why it stopped. */
  readonly finish?: string | null;
  readonly fault?: Fault;
}

/** What goes wrong. `after` counts the events that are sent before it (the first may be the role alone). */
export type Fault =
  /** An error instead of an answer. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly code?: string;
      readonly param?: string;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The request is read, and nothing comes back. */
  | { readonly kind: 'silence' }
  /** The stream stops, and the connection stays. */
  | { readonly kind: 'stall'; readonly after: number }
  /** As `stall`, but with keep-alive comments for ever. */
  | { readonly kind: 'comments'; readonly after: number; readonly everyMs: number }
  /** The connection is cut. */
  | { readonly kind: 'cut'; readonly after: number }
  /** A line that is no JSON. */
  | { readonly kind: 'garbage'; readonly after: number; readonly line?: string }
  /** An error inside the stream. */
  | { readonly kind: 'error-event'; readonly after: number; readonly code?: string }
  /** One line of that many bytes, or text without an end. */
  | { readonly kind: 'giant-line'; readonly bytes: number }
  | { readonly kind: 'endless' }
  /** All is sent byte by byte, each in its own piece: cut inside UTF-8 and inside line ends. */
  | { readonly kind: 'byte-by-byte' }
  /** A comment before every event. */
  | { readonly kind: 'chatty' }
  | { readonly kind: 'no-done' }
  | { readonly kind: 'done-twice' }
  /** After `[DONE]` the body is not ended. */
  | { readonly kind: 'no-end' }
  /** A page instead of a stream. */
  | { readonly kind: 'html' };

/** One request that came in. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Of chat completions; an empty one otherwise. */
  readonly body: ChatRequest;
  /** Which TCP connection it came on, counted from 1. */
  readonly connection: number;
  /** How many events were sent for it so far. */
  readonly sent: () => number;
  /** Resolves once it is over: the answer was sent whole, or the connection was closed before. */
  readonly over: Promise<'sent' | 'closed'>;
}

export interface OpenAiServerOptions {
  readonly profile?: Profile;
  /** By default it says "Hello." to everything. */
  readonly reply?: (request: ChatRequest) => Reply | Promise<Reply>;
  /** Where set, requests without it get a 401. */
  readonly apiKey?: string;
  /** What it has; another model is a 404. By default any. */
  readonly models?: readonly string[];
  readonly port?: number;
  /** How long it keeps an idle connection, as it also says in `Keep-Alive`. */
  readonly keepAliveMs?: number;
}

/** A server that speaks OpenAI's HTTP protocol on loopback. Whoever opens it disposes it. */
export interface OpenAiServer extends AsyncDisposable {
  /** For OPENAI_BASE_URL. */
  readonly baseUrl: string;
  /** Every request, in order. */
  readonly received: readonly Received[];
  /** The chat completions that somebody wanted an answer of, without those that only warm up (one token). */
  chats(): readonly Received[];
  /** Resolves with the chat of that index once it has come in. */
  chat(index: number): Promise<Received>;
  /** Resolves with the first request that fits. */
  find(fits: (received: Received) => boolean): Promise<Received>;
  /** TCP connections that were accepted so far, and those that are open now. */
  connections(): number;
  openConnections(): number;
  /** Answers from here on are made by this. */
  answerWith(reply: (request: ChatRequest) => Reply | Promise<Reply>): void;
  /** Closes connections on which nothing is going on, as a server does that is being restarted. */
  closeIdle(): void;
}

export async function openOpenAiServer(options: OpenAiServerOptions = {}): Promise<OpenAiServer> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const sockets = new Map<Socket, number>();
  const stop = new AbortController();
  let accepted = 0;
  let reply = options.reply ?? ((): Reply => ({ text: 'Hello.' }));

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = options.keepAliveMs ?? 60_000;
  server.on('connection', (socket) => {
    accepted += 1;
    sockets.set(socket, accepted);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const over = Promise.withResolvers<'sent' | 'closed'>();
    let sent = 0;
    response.on('close', () => over.resolve(response.writableFinished ? 'sent' : 'closed'));
    received.push({
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body,
      connection: sockets.get(request.socket) ?? 0,
      sent: () => sent,
      over: over.promise,
    });
    for (const wake of waiting) wake();
    const path = request.url ?? '';
    if (options.apiKey !== undefined && request.headers.authorization !== `Bearer ${options.apiKey}`)
      return refuse(response, {
        status: 401,
        code: 'invalid_api_key',
        message: `no such key ${request.headers.authorization ?? ''}`,
      });
    if (request.method === 'GET' && /^\/v1\/models(\/|$)/.test(path)) return models(path, response);
    if (request.method !== 'POST' || path !== '/v1/chat/completions')
      return refuse(response, { status: 404, message: `no such path ${path}` });
    if (options.models !== undefined && !options.models.includes(body.model))
      return refuse(response, { status: 404, code: 'model_not_found', message: `no such model ${body.model}` });
    const refused = profiles[options.profile ?? 'openai'].refuses.find((field) => field in body);
    if (refused !== undefined)
      return refuse(response, {
        status: 400,
        message: `[{'loc': ('body', '${refused}'), 'msg': 'Input should be valid'}]`,
      });
    await answer(body, response, () => {
      sent += 1;
    });
  }

  async function answer(body: ChatRequest, response: ServerResponse, onSent: () => void): Promise<void> {
    const answered: Reply = isWarmUp(body) ? { text: 'Hi', finish: 'length' } : await reply(body);
    const { fault } = answered;
    if (fault?.kind === 'status') return refuse(response, fault);
    if (fault?.kind === 'silence') return;
    if (fault?.kind === 'html') {
      response.writeHead(200, { 'content-type': 'text/html' });
      return void response.end('<html><body>Please sign in</body></html>');
    }
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
    // As Node's servers and others do not: the headers leave before the first token.
    response.flushHeaders();
    const write = writerOf(response, fault);
    if (fault?.kind === 'giant-line') return giantLine(fault.bytes, write, response);
    if (fault?.kind === 'endless') return endless(body, write, response, onSent);
    let count = 0;
    for await (const chunk of chunksOf(options.profile ?? 'openai', body, answered)) {
      if (response.destroyed) return;
      if (fault !== undefined && 'after' in fault && count >= fault.after) return breakOff(fault, write, response);
      await write(`data: ${JSON.stringify(chunk)}\n\n`);
      count += 1;
      onSent();
    }
    if (fault?.kind !== 'no-done') await write('data: [DONE]\n\n');
    if (fault?.kind === 'done-twice') await write('data: [DONE]\n\n');
    if (fault?.kind !== 'no-end') response.end();
  }

  async function breakOff(
    fault: Extract<Fault, { after: number }>,
    write: (text: string) => Promise<void>,
    response: ServerResponse,
  ): Promise<void> {
    if (fault.kind === 'cut') return void response.destroy();
    if (fault.kind === 'garbage') return write(`data: ${fault.line ?? '{"choices": [{"delta": {"conten'}\n\n`);
    if (fault.kind === 'error-event')
      return write(
        `data: ${JSON.stringify({ error: { message: 'secret words', code: fault.code ?? 'server_error' } })}\n\n`,
      );
    if (fault.kind !== 'comments') return;
    while (!response.destroyed && !stop.signal.aborted) {
      await write(': keep-alive\n\n');
      await delay(fault.everyMs, stop.signal);
    }
  }

  function models(path: string, response: ServerResponse): void {
    const wanted = decodeURIComponent(path.split('/')[3] ?? '');
    const has = options.models ?? [wanted === '' ? 'fake' : wanted];
    const model = (id: string): object => ({ id, object: 'model', created: 0, owned_by: 'fake' });
    if (wanted === '') return json(response, 200, { object: 'list', data: has.map(model) });
    if (has.includes(wanted)) return json(response, 200, model(wanted));
    refuse(response, { status: 404, code: 'model_not_found', message: `no such model ${wanted}` });
  }

  async function find(fits: (one: Received) => boolean): Promise<Received> {
    for (;;) {
      const found = received.find(fits);
      if (found !== undefined) return found;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      await promise;
      waiting.delete(resolve);
    }
  }

  const chats = (): Received[] =>
    received.filter(({ path, body }) => path.endsWith('/chat/completions') && !isWarmUp(body));

  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    received,
    chats,
    chat: (index) => find((one) => chats()[index] === one),
    find,
    connections: () => accepted,
    openConnections: () => sockets.size,
    answerWith(next) {
      reply = next;
    },
    closeIdle: () => server.closeIdleConnections(),
    async [Symbol.asyncDispose]() {
      stop.abort();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function isWarmUp(body: ChatRequest): boolean {
  return body.max_tokens === 1 || body.max_completion_tokens === 1;
}

async function bodyOf(request: IncomingMessage): Promise<ChatRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  return (text === '' ? { model: '', messages: [] } : JSON.parse(text)) as ChatRequest;
}

/** Writes one event and waits until the socket has taken it. */
function writerOf(response: ServerResponse, fault: Fault | undefined): (text: string) => Promise<void> {
  const put = async (bytes: Buffer | string): Promise<void> => {
    if (response.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    // A connection that is closed meanwhile is no fault of the fake's: whoever looks at `over` sees it.
    response.write(bytes, (error) => {
      if (error != null) response.destroy();
      resolve();
    });
    await promise;
  };
  if (fault?.kind === 'chatty') return (text) => put(`: OPENROUTER PROCESSING\n\n${text}`);
  if (fault?.kind !== 'byte-by-byte') return put;
  return async (text) => {
    const bytes = Buffer.from(text.replaceAll('\n', '\r\n'));
    for (let at = 0; at < bytes.length; at += 1) await put(bytes.subarray(at, at + 1));
  };
}

async function giantLine(
  bytes: number,
  write: (text: string) => Promise<void>,
  response: ServerResponse,
): Promise<void> {
  await write('data: {"choices":[{"index":0,"delta":{"content":"');
  const piece = 'a'.repeat(65_536);
  for (let written = 0; written < bytes && !response.destroyed; written += piece.length) await write(piece);
  response.end('"}}]}\n\n');
}

async function endless(
  body: ChatRequest,
  write: (text: string) => Promise<void>,
  response: ServerResponse,
  onSent: () => void,
): Promise<void> {
  const chunk = {
    object: 'chat.completion.chunk',
    model: body.model,
    choices: [{ index: 0, delta: { content: 'and so on ' } }],
  };
  while (!response.destroyed) {
    await write(`data: ${JSON.stringify(chunk)}\n\n`);
    onSent();
    // Writes that fail at once would never let the socket say that it was closed.
    await setImmediate();
  }
}

function refuse(
  response: ServerResponse,
  fault: {
    status: number;
    code?: string;
    param?: string;
    message?: string;
    headers?: Readonly<Record<string, string>>;
  },
): void {
  const { status, code = null, param = null, message = 'refused', headers = {} } = fault;
  json(response, status, { error: { message, type: 'fake', code, param } }, headers);
}

function json(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_fake', ...headers });
  response.end(JSON.stringify(body));
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  return promise;
}
