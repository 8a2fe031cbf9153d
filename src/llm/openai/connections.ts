import http from 'node:http';
import https from 'node:https';
import type { MonotonicClock } from '../../clock.ts';
import { RingbackError } from '../../errors.ts';
import { NAME } from './failure.ts';

/** To a standing connection, TLS included. */
export const CONNECT_DEADLINE_MS = 2_500;
/** Longer than callers speak or think between two turns; a server that closes earlier says so. */
const IDLE_CONNECTION_MS = 60_000;
/** Each answer being written holds one; more wait, and meet the deadline. */
const MOST_CONNECTIONS = 512;
/** One line of a stream is one token, or one tool call. */
export const LONGEST_LINE_BYTES = 1_000_000;
/** Of one answer; twenty minutes of speech, token by token with their wrapping, are a fraction of it. */
const LONGEST_BODY_BYTES = 16_000_000;
/** How long the end of an answer that has said all may take, so that its connection can be used again. */
const TAIL_DEADLINE_MS = 1_000;
/** Kept connections that turn out to be dead, one after the other. */
const MOST_RESENDS = 2;

/** The connections to one server. Whoever opened them closes them, which ends all that still runs on them. */
export interface Connections extends Disposable {
  /** For the SDK. Rejects with `vendor_failed`, or what the socket failed with. */
  readonly fetch: (url: string | URL | Request, init?: RequestInit) => Promise<Response>;
}

/**
 * Connections that outlive the pauses of a conversation. Node's own fetch drops them after 4 s of quiet, so that nearly
 * every turn of a call would begin with two or three round trips for TCP and TLS.
 */
export function openConnections(clock: MonotonicClock): Connections {
  const options = {
    keepAlive: true,
    maxSockets: MOST_CONNECTIONS,
    timeout: IDLE_CONNECTION_MS,
    scheduling: 'lifo',
  } as const;
  const plain = new http.Agent(options);
  const secure = new https.Agent(options);

  async function send(url: URL, init: RequestInit, resends: number): Promise<Response> {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const isSecure = url.protocol === 'https:';
    const body = typeof init.body === 'string' ? init.body : '';
    const headers = Object.fromEntries(new Headers(init.headers));
    if (body !== '') headers['content-length'] = String(Buffer.byteLength(body));
    const request = (isSecure ? https : http).request(url, {
      method: init.method ?? 'GET',
      headers,
      agent: isSecure ? secure : plain,
      ...(init.signal == null ? {} : { signal: init.signal }),
    });
    const late = clock.setTimer(CONNECT_DEADLINE_MS, () =>
      request.destroy(new RingbackError('vendor_failed', [NAME, `no connection within ${CONNECT_DEADLINE_MS} ms`])),
    );
    request.once('socket', (socket) => {
      if (request.reusedSocket) late.cancel();
      else socket.once(isSecure ? 'secureConnect' : 'connect', () => late.cancel());
    });
    request.once('response', (incoming) => resolve(responseOf(incoming, clock)));
    request.on('error', (error) => {
      late.cancel();
      // The server closed a kept connection while we wrote: it has read nothing, so this is not asking twice.
      if (request.reusedSocket && isClosed(error) && resends < MOST_RESENDS) resolve(send(url, init, resends + 1));
      else reject(error);
    });
    request.end(body);
    return promise;
  }

  return {
    fetch: (url, init = {}) => send(new URL(url instanceof Request ? url.url : url), init, 0),
    [Symbol.dispose]() {
      plain.destroy();
      secure.destroy();
    },
  };
}

function isClosed(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function responseOf(incoming: http.IncomingMessage, clock: MonotonicClock): Response {
  const status = incoming.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value));
  // The codes that a Response can't have at all, and those that it can't have with a body.
  if (status < 200 || status > 599 || [204, 205, 304].includes(status)) {
    incoming.resume();
    return new Response(null, { status: status < 200 || status > 599 ? 502 : status, headers });
  }
  return new Response(bodyOf(incoming, clock), { status, headers });
}

/** The bytes as they come, one read for one, within bounds; what is left when nobody reads on is read to its end. */
function bodyOf(incoming: http.IncomingMessage, clock: MonotonicClock): ReadableStream<Uint8Array> {
  const chunks = (incoming as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const measure = meter();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await chunks.next();
        if (next.done === true) return controller.close();
        try {
          measure(next.value);
        } catch (error) {
          incoming.destroy();
          throw error;
        }
        controller.enqueue(next.value);
      },
      async cancel() {
        const late = clock.setTimer(TAIL_DEADLINE_MS, () => incoming.destroy());
        try {
          while ((await chunks.next()).done !== true);
        } catch {
          // The connection broke or was closed: there is nothing to be used again.
          incoming.destroy();
        } finally {
          late.cancel();
        }
      },
    },
    { highWaterMark: 0 },
  );
}

const LINE_FEED = 0x0a;

/** Throws `vendor_failed` once a line or the whole is too long. */
function meter(): (chunk: Uint8Array) => void {
  let total = 0;
  let line = 0;
  return (chunk) => {
    const last = chunk.lastIndexOf(LINE_FEED);
    total += chunk.length;
    line = last < 0 ? line + chunk.length : chunk.length - last - 1;
    if (total > LONGEST_BODY_BYTES || line > LONGEST_LINE_BYTES)
      throw new RingbackError('vendor_failed', [NAME, 'its answer is too long']);
  };
}
