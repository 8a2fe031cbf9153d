import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { CarrierEnd } from '../../src/domain/attempt-states.ts';
import type { FoundCall } from '../../src/carriers/carrier.ts';

/** One call that the carrier placed: a telephone rang. */
export interface FakeCall {
  readonly carrierCallId: string;
  readonly attemptId: string;
  readonly to: string;
  /** By the wall clock of this machine, in milliseconds. */
  readonly placedAtMs: number;
  state: FoundCall['state'];
  hungUp: boolean;
}

/** How the carrier behaves toward the next requests. */
export interface FakeBehaviour {
  /**
   * `place`: rings and says so. `lose`: rings, and the answer is lost. `swallow`: the request is lost. `busy`: 429.
   * `refuse`: the number is invalid. `account`: the account is refused.
   */
  dial: 'place' | 'lose' | 'swallow' | 'busy' | 'refuse' | 'account';
  /** Whether look-ups and hang-ups are answered. */
  lookUps: 'answer' | 'silent';
  /** What a placed call is by itself. */
  placedState: FoundCall['state'];
}

/**
 * A carrier as a server of its own, which outlives the processes that dial through it: the referee of how often a
 * telephone rang. Whoever opens it disposes it.
 */
export class FakeCarrierServer implements AsyncDisposable {
  readonly behaviour: FakeBehaviour = { dial: 'place', lookUps: 'answer', placedState: 'ringing' };
  readonly calls: FakeCall[] = [];
  /** Attempt ids in the order in which requests to dial came in, placed or not. */
  readonly requests: string[] = [];
  /** Look-ups that were answered. */
  lookUps = 0;
  readonly #server: Server;
  readonly #watchers = new Set<() => void>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<FakeCarrierServer> {
    const server = createServer();
    const carrier = new FakeCarrierServer(server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      carrier.#serve(request, response).catch(() => response.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return carrier;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the carrier has no port');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Rings per attempt id. */
  ringsOf(attemptId: string): number {
    return this.calls.filter((call) => call.attemptId === attemptId).length;
  }

  /** Ends what rings or talks. */
  endAll(end: CarrierEnd): void {
    for (const call of this.calls) if (typeof call.state !== 'object') call.state = { ended: end };
  }

  /** Resolves when `holds` does; looked at after each request. */
  whenever(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    let text = '';
    for await (const chunk of request) text += String(chunk);
    if (request.method === 'POST') this.#dial(JSON.parse(text) as { attemptId: string; to: string }, response);
    else if (this.behaviour.lookUps === 'silent') response.destroy();
    else this.#lookUp(request.method ?? 'GET', pathname, searchParams.get('attemptId'), response);
    for (const look of this.#watchers) look();
  }

  #dial({ attemptId, to }: { attemptId: string; to: string }, response: ServerResponse): void {
    const { dial, placedState } = this.behaviour;
    this.requests.push(attemptId);
    if (dial === 'swallow') return void response.destroy();
    if (dial === 'busy') return reply(response, 429, {});
    if (dial === 'refuse') return reply(response, 400, {});
    if (dial === 'account') return reply(response, 401, {});
    const call: FakeCall = {
      carrierCallId: `FK-${this.calls.length + 1}-${attemptId}`,
      attemptId,
      to,
      placedAtMs: Temporal.Now.instant().epochMilliseconds,
      state: placedState,
      hungUp: false,
    };
    this.calls.push(call);
    if (dial === 'lose') return void response.destroy();
    reply(response, 201, { carrierCallId: call.carrierCallId });
  }

  #lookUp(method: string, pathname: string, attemptId: string | null, response: ServerResponse): void {
    this.lookUps += 1;
    const id = decodeURIComponent(pathname.split('/').at(-1) ?? '');
    const call = this.calls.find((one) => one.carrierCallId === id || one.attemptId === attemptId);
    if (method === 'DELETE' && call !== undefined) {
      call.hungUp = true;
      if (typeof call.state !== 'object') call.state = { ended: 'cancelled' };
    }
    if (call === undefined) return reply(response, 404, {});
    reply(response, 200, { carrierCallId: call.carrierCallId, state: call.state });
  }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
