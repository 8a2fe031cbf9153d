import { request as httpRequest } from 'node:http';
import type {
  Carrier,
  CarrierCapabilities,
  DialledAttempt,
  DialRequest,
  DialResult,
  FoundCall,
} from '../../src/carriers/carrier.ts';
import { isRingbackError } from '../../src/errors.ts';

const capabilities: CarrierCapabilities = {
  ringsTelephone: false,
  idempotency: 'none',
  machineDetection: false,
  clear: true,
  marksReturnedOnClear: true,
  sendsSilence: true,
  reopensStreams: true,
  leadMs: 100,
  callsPerSecond: null,
};

/** The way to a {@link FakeCarrierServer}, as a real adapter would go it: one connection per request, no retries. */
export class HttpCarrier implements Carrier {
  readonly name = 'fake';
  readonly capabilities = capabilities;
  readonly sockets = [];
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  reaches(): boolean {
    return true;
  }

  async dial(request: DialRequest, { signal }: { signal: AbortSignal }): Promise<DialResult> {
    const wire = { attemptId: request.attemptId, to: request.to };
    let sent = false;
    try {
      const { status, body } = await this.#ask('POST', '/calls', signal, wire, () => {
        request.beforeSend();
        sent = true;
      });
      if (status === 201) return { kind: 'placed', carrierCallId: String(body['carrierCallId']) };
      if (status === 429) return { kind: 'not_placed', detail: 'the carrier asked us to slow down' };
      if (status === 400) return { kind: 'refused', outcome: 'invalid_number', detail: 'no such number' };
      if (status === 401) return { kind: 'account_fault', detail: 'the carrier refused our account' };
      return { kind: 'unknown', detail: `the carrier answered ${status}` };
    } catch (error) {
      if (isRingbackError(error, 'dial_aborted')) return { kind: 'not_placed', detail: error.message };
      if (!sent) return { kind: 'not_placed', detail: 'the carrier could not be reached' };
      return { kind: 'unknown', detail: 'the answer was lost' };
    }
  }

  find(attempt: DialledAttempt, { signal }: { signal: AbortSignal }): Promise<FoundCall | undefined> {
    return this.#find(`/calls?attemptId=${encodeURIComponent(attempt.attemptId)}`, signal);
  }

  get(carrierCallId: string, { signal }: { signal: AbortSignal }): Promise<FoundCall | undefined> {
    return this.#find(`/calls/${encodeURIComponent(carrierCallId)}`, signal);
  }

  async hangup(carrierCallId: string, { signal }: { signal: AbortSignal }): Promise<void> {
    await this.#ask('DELETE', `/calls/${encodeURIComponent(carrierCallId)}`, signal);
  }

  async perform(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  async #find(path: string, signal: AbortSignal): Promise<FoundCall | undefined> {
    const { status, body } = await this.#ask('GET', path, signal);
    if (status === 404) return undefined;
    return body as unknown as FoundCall;
  }

  #ask(
    method: string,
    path: string,
    signal: AbortSignal,
    wire?: object,
    beforeSend: () => void = () => undefined,
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    return new Promise((resolve, reject) => {
      const asked = httpRequest(new URL(path, this.#url), { method, signal, agent: false });
      asked.on('error', reject);
      asked.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> });
        });
      });
      // Nothing is written before the connection stands: the head goes out with `end`.
      const send = (): void => {
        try {
          beforeSend();
          asked.end(wire === undefined ? undefined : JSON.stringify(wire));
        } catch (error) {
          asked.destroy(error instanceof Error ? error : new Error('the dial was stopped'));
        }
      };
      asked.on('socket', (socket) => (socket.connecting ? socket.once('connect', send) : send()));
    });
  }
}
