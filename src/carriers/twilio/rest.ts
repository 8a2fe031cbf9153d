import http from 'node:http';
import https from 'node:https';
import { RingbackError } from '../../errors.ts';

/** An answer of Twilio's API. `body` is parsed JSON, or null where it was none. */
export interface RestAnswer {
  readonly status: number;
  readonly retryAfterSeconds: number | null;
  readonly body: unknown;
}

/** What became of a request that was sent at most once. */
export type RestOutcome =
  | { readonly kind: 'answered'; readonly answer: RestAnswer }
  /** Not a byte of it was written. */
  | { readonly kind: 'unsent'; readonly cause: unknown }
  /** It was written, and nobody knows what became of it. */
  | { readonly kind: 'lost'; readonly cause: unknown };

export interface RestRequest {
  readonly method: 'GET' | 'POST';
  /** After `/2010-04-01/Accounts/<sid>`, with its query. */
  readonly path: string;
  readonly form?: URLSearchParams;
  /** Called once the connection stands, before the first byte; what it throws stops the request. */
  readonly beforeSend?: () => void;
  readonly signal: AbortSignal;
}

/** No answer of the API that we read is near this. */
const LONGEST_ANSWER_BYTES = 1_000_000;

/**
 * Twilio's REST API (twilio.com/docs/usage/api) over plain HTTP: no client in between, because nothing may ever repeat a
 * request to call. Every request has a connection of its own: a kept one that the other side has just closed would make
 * a certain failure an unknown one.
 */
export class TwilioRest {
  readonly #base: URL;
  readonly #authorization: string;

  constructor(options: { baseUrl: string; accountSid: string; authToken: string }) {
    this.#base = new URL(`${options.baseUrl}/2010-04-01/Accounts/${options.accountSid}`);
    const credentials = Buffer.from(`${options.accountSid}:${options.authToken}`).toString('base64');
    this.#authorization = `Basic ${credentials}`;
  }

  /** Sends it once; never throws and never repeats. */
  send(request: RestRequest): Promise<RestOutcome> {
    const { promise, resolve } = Promise.withResolvers<RestOutcome>();
    const body = request.form?.toString() ?? '';
    const client = this.#base.protocol === 'https:' ? https : http;
    let written = false;
    const fail = (cause: unknown): void => resolve(written ? { kind: 'lost', cause } : { kind: 'unsent', cause });
    const outgoing = client.request(
      {
        ...connection(this.#base),
        path: this.#base.pathname + request.path,
        method: request.method,
        agent: false,
        signal: request.signal,
        headers: {
          authorization: this.#authorization,
          accept: 'application/json',
          connection: 'close',
          ...(request.method === 'POST'
            ? {
                'content-type': 'application/x-www-form-urlencoded',
                'content-length': String(Buffer.byteLength(body)),
              }
            : {}),
        },
      },
      (incoming) => {
        readAll(incoming).then(
          (text) => resolve({ kind: 'answered', answer: answerOf(incoming, text) }),
          (cause: unknown) => fail(cause),
        );
      },
    );
    outgoing.on('error', fail);
    outgoing.on('socket', (socket) => {
      // Headers are written with the body, so until then the request can be taken back without a trace.
      socket.once(client === https ? 'secureConnect' : 'connect', () => {
        try {
          request.beforeSend?.();
        } catch (cause) {
          fail(cause);
          return void outgoing.destroy();
        }
        written = true;
        outgoing.end(body);
      });
    });
    return promise;
  }

  /** For questions, which may be asked again by whoever asks. Throws `vendor_failed` where there was no answer. */
  async ask(request: RestRequest): Promise<RestAnswer> {
    const outcome = await this.send(request);
    if (outcome.kind !== 'answered')
      throw new RingbackError('vendor_failed', ['Twilio', 'it did not answer'], { cause: outcome.cause });
    if (outcome.answer.status >= 500 || outcome.answer.status === 429)
      throw new RingbackError('vendor_failed', ['Twilio', `it answered ${outcome.answer.status}`]);
    return outcome.answer;
  }
}

function connection(base: URL): { host: string; port: number | undefined; servername?: string } {
  const host = base.hostname.replaceAll(/^\[|\]$/g, '');
  return { host, port: base.port === '' ? undefined : Number(base.port) };
}

async function readAll(incoming: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LONGEST_ANSWER_BYTES) throw new RingbackError('vendor_failed', ['Twilio', 'its answer is too long']);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answerOf(incoming: http.IncomingMessage, text: string): RestAnswer {
  const retryAfter = Number(incoming.headers['retry-after']);
  return {
    status: incoming.statusCode ?? 0,
    retryAfterSeconds: Number.isFinite(retryAfter) && retryAfter >= 0 ? retryAfter : null,
    body: parse(text),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
