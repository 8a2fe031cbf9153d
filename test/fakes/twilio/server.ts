import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../src/clock.ts';
import { TwilioCall, type TwilioStatus } from './call.ts';

export const ACCOUNT_SID = `AC${'0123456789abcdef'.repeat(2)}`;
export const AUTH_TOKEN = 'a-fake-auth-token-of-32-letters!';

/** What goes wrong with a request to call. */
export type DialFault =
  /** Never processed. */
  | 'slow_down'
  | 'account_suspended'
  | 'bad_number'
  /** Placed, or not, and the answer says nothing of it. */
  | 'placed_then_reset'
  | 'placed_then_500'
  | 'reset_unplaced'
  | 'error_500_unplaced';

/** One request to call, in the hands of a test: it may be placed, and answered, in any order, or never. */
export interface DialExchange {
  readonly form: URLSearchParams;
  readonly response: ServerResponse;
  /** Begins the call, as the callee would have it. */
  readonly place: () => TwilioCall;
  /** Says 201, with the call if it was placed. */
  readonly accept: () => void;
  /** Any answer of the API: an error, with Twilio's code. */
  readonly refuse: (status: number, code?: number) => void;
}

/** What the person does who is called. */
export type Callee = (call: TwilioCall) => Promise<void>;

/** Does not let it ring at all, picks up, and follows what the webhook says. */
export const picksUp: Callee = async (call) => {
  await call.enter('ringing');
  await call.enter('in-progress');
  await call.follow(call.options.request?.get('Url') ?? '');
};
export const doesNotAnswer: Callee = async (call) => {
  await call.enter('ringing');
  await call.enter('no-answer', { SipResponseCode: '487' });
};
export const isBusy: Callee = (call) => call.enter('busy', { SipResponseCode: '486' });

/**
 * A Twilio on loopback: its REST API for calls, its webhooks with signatures and retries, its media streams. People are
 * functions. Whoever opens it closes it.
 */
export class TwilioServer implements AsyncDisposable {
  readonly calls: TwilioCall[] = [];
  /** Forms of the requests to call, in the order in which they came, whatever became of them. */
  readonly dialled: URLSearchParams[] = [];
  /** Everything else that was asked: method and path. */
  readonly asked: string[] = [];
  /** What the next requests to call run into; then all is well again. */
  readonly faults: DialFault[] = [];
  /** The same for requests to call one number, each in the hands of the test. */
  readonly faultsTo = new Map<string, ((exchange: DialExchange) => void)[]>();
  /** What the next requests to end a call to a number are answered with: statuses of errors. */
  readonly hangUpFaults = new Map<string, number[]>();
  callee: Callee = picksUp;
  /** How long the answer to a request to call takes; what it asks for begins at once. */
  answerAfterMs = 0;
  /** What the account resource says; anything but `active` refuses every request to call. */
  accountStatus: 'active' | 'suspended' | 'closed' = 'active';
  /** The status callback of our numbers, as their owner set it. */
  inboundStatusUrl: string | null = null;
  losesStatus: (status: TwilioStatus) => boolean = () => false;
  /** Numbers of whose calls no status is ever told. */
  readonly silentTo = new Set<string>();
  /** Where webhooks and streams really go, for the base URL that they are addressed to. */
  route: (url: string) => string = (url) => url;
  readonly #server: Server;
  readonly #running = new Set<Promise<void>>();
  #waiters: (() => void)[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<TwilioServer> {
    const server = createServer();
    const twilio = new TwilioServer(server);
    server.on('request', (request, response) => void twilio.#serve(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return twilio;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The settings with which a gateway uses it. */
  get environment(): Record<string, string> {
    return { TWILIO_ACCOUNT_SID: ACCOUNT_SID, TWILIO_AUTH_TOKEN: AUTH_TOKEN, TWILIO_BASE_URL: this.url };
  }

  /** Somebody phones one of our numbers; resolves when the gateway's first instruction is followed. */
  async phone(from: string, to: string, webhook: string): Promise<TwilioCall> {
    const call = this.#newCall({ direction: 'inbound', from, to });
    call.status = 'in-progress';
    await call.follow(webhook);
    return call;
  }

  /** Resolves with the n-th call that was placed by request, counted from 0. */
  async placed(index: number): Promise<TwilioCall> {
    for (;;) {
      const call = this.calls.filter(({ options }) => options.direction === 'outbound-api')[index];
      if (call !== undefined) return call;
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const call of this.calls) call.leg?.cut();
    this.#server.closeAllConnections();
    this.#server.close();
    await Promise.allSettled(this.#running);
  }

  #newCall(values: {
    direction: TwilioCall['options']['direction'];
    from: string;
    to: string;
    request?: URLSearchParams;
  }): TwilioCall {
    const call = new TwilioCall({
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      createdAt: Temporal.Now.instant(),
      route: (url) => this.route(url),
      losesStatus: (status) => this.silentTo.has(values.to) || this.losesStatus(status),
      statusUrl: values.request?.get('StatusCallback') ?? this.inboundStatusUrl,
      ...values,
    });
    this.calls.push(call);
    for (const wake of this.#waiters.splice(0)) wake();
    return call;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const body = await bodyOf(request);
    const expected = `Basic ${Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString('base64')}`;
    if (request.headers.authorization !== expected)
      return answer(response, 401, { code: 20_003, message: 'Authenticate', status: 401 });
    const path = url.pathname.slice(`/2010-04-01/Accounts/${ACCOUNT_SID}`.length);
    if (request.method === 'POST' && path === '/Calls.json')
      return this.#create(new URLSearchParams(body), request, response);
    this.asked.push(`${request.method} ${path}`);
    if (request.method === 'GET' && path === '.json')
      return answer(response, 200, { sid: ACCOUNT_SID, status: this.accountStatus });
    if (request.method === 'GET' && path === '/Calls.json')
      return answer(response, 200, { calls: this.#list(url.searchParams) });
    const sid = /^\/Calls\/(CA[0-9a-f]{32})\.json$/.exec(path)?.[1];
    const call = this.calls.find((one) => one.sid === sid);
    if (call === undefined) return answer(response, 404, { code: 20_404, status: 404 });
    if (request.method === 'GET') return answer(response, 200, call.resource());
    const fault = this.hangUpFaults.get(call.options.to)?.shift();
    if (fault !== undefined) return answer(response, fault, { status: fault });
    if (call.isOver) return answer(response, 400, { code: 21_220, message: 'not in-progress', status: 400 });
    const wanted = new URLSearchParams(body).get('Status');
    this.#own(call.enter(wanted === 'canceled' || call.status !== 'in-progress' ? 'canceled' : 'completed'));
    answer(response, 200, call.resource());
  }

  #create(form: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    this.dialled.push(form);
    const byHand = this.faultsTo.get(form.get('To') ?? '')?.shift();
    if (byHand !== undefined) return byHand(this.#exchange(form, response));
    const fault = this.faults.shift();
    if (fault === 'slow_down') {
      response.setHeader('retry-after', '1');
      return answer(response, 429, { code: 20_429, status: 429 });
    }
    if (fault === 'account_suspended' || this.accountStatus !== 'active')
      return answer(response, 403, { code: 20_005, status: 403 });
    if (fault === 'bad_number') return answer(response, 400, { code: 21_211, status: 400 });
    if (fault === 'reset_unplaced') return void request.socket.resetAndDestroy();
    if (fault === 'error_500_unplaced') return answer(response, 500, {});
    const call = this.#place(form);
    if (fault === 'placed_then_reset') return void request.socket.resetAndDestroy();
    if (fault === 'placed_then_500') return answer(response, 500, {});
    if (this.answerAfterMs === 0) return answer(response, 201, call.resource());
    systemClock.setTimer(this.answerAfterMs, () => answer(response, 201, call.resource()));
  }

  #place(form: URLSearchParams): TwilioCall {
    const call = this.#newCall({
      direction: 'outbound-api',
      from: form.get('From') ?? '',
      to: form.get('To') ?? '',
      request: form,
    });
    const { callee } = this;
    this.#own(call.enter('initiated').then(() => callee(call)));
    return call;
  }

  #exchange(form: URLSearchParams, response: ServerResponse): DialExchange {
    let placed: TwilioCall | null = null;
    return {
      form,
      response,
      place: () => (placed ??= this.#place(form)),
      accept: () => answer(response, 201, placed?.resource() ?? {}),
      refuse: (status, code) => answer(response, status, { code, status }),
    };
  }

  #list(query: URLSearchParams): unknown[] {
    return this.calls
      .filter(({ options }) => options.to === query.get('To') && options.from === (query.get('From') ?? options.from))
      .map((call) => call.resource())
      .toReversed();
  }

  #own(work: Promise<void>): void {
    const owned: Promise<void> = work.catch(() => undefined).finally(() => this.#running.delete(owned));
    this.#running.add(owned);
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
