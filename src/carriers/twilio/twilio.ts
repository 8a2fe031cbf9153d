import type { AdapterContext } from '../../adapter.ts';
import { isRingbackError, RingbackError } from '../../errors.ts';
import type {
  Carrier,
  CarrierCapabilities,
  CarrierEvent,
  CarrierHost,
  CarrierReply,
  CarrierRequest,
  CarrierSocketRoute,
  CarrierWebhooks,
  DialledAttempt,
  DialRequest,
  DialResult,
  FoundCall,
  Instruction,
} from '../carrier.ts';
import { acceptMediaSocket } from '../media-socket.ts';
import { foundCall, matchingCall, matchingCalls } from './calls.ts';
import { dialForm } from './dial-form.ts';
import { markup } from './markup.ts';
import { openTwilioCodec } from './media.ts';
import { WEBHOOK_OVERRIDES } from './overrides.ts';
import { dialResultOf } from './outcomes.ts';
import { TwilioRest } from './rest.ts';
import { isSigned } from './signature.ts';
import { openTwilioWebhooks } from './webhooks.ts';

export interface TwilioSettings {
  readonly accountSid: string;
  readonly authToken: string;
  readonly baseUrl: string;
  readonly callsPerSecond: number;
  readonly callsPerSecondPerNumber?: number;
}

/** No resource, a call that is over already, and one in a state that needs no hanging up. */
const OVER_STATUS = 404;
const OVER_CODES = [20_404, 21_220];

/** Twilio Programmable Voice with Media Streams, the I/O half: all that is not pure stands here and in `rest.ts`. */
export class TwilioCarrier implements Carrier {
  readonly name = 'twilio';
  readonly capabilities: CarrierCapabilities;
  readonly webhooks: CarrierWebhooks;
  readonly sockets: readonly CarrierSocketRoute[];
  readonly #settings: TwilioSettings;
  readonly #context: AdapterContext & { host: CarrierHost };
  readonly #rest: TwilioRest;
  readonly #stop = new AbortController();

  constructor(settings: TwilioSettings, context: AdapterContext & { host: CarrierHost }) {
    this.#settings = settings;
    this.#context = context;
    this.#rest = new TwilioRest(settings);
    const { callsPerSecondPerNumber: perNumber = 0 } = settings;
    this.capabilities = {
      ringsTelephone: true,
      idempotency: 'none',
      machineDetection: true,
      clear: true,
      marksReturnedOnClear: true,
      reopensStreams: true,
      sendsSilence: true,
      leadMs: 120,
      callsPerSecond: settings.callsPerSecond === 0 ? null : settings.callsPerSecond,
      callsPerSecondPerNumber: perNumber === 0 ? null : perNumber,
    };
    this.webhooks = openTwilioWebhooks(settings);
    this.sockets = [
      {
        path: '/media',
        guard: 'carrier',
        authorize: (request) => this.#isSignedUpgrade(request),
        accept: (socket) =>
          acceptMediaSocket({
            socket,
            codec: openTwilioCodec(),
            capabilities: this.capabilities,
            host: context.host,
            clock: context.clock,
            log: context.log,
            tokenOf: (start) => start.parameters['token'],
          }),
      },
    ];
  }

  reaches(number: string): boolean {
    return number.startsWith('+');
  }

  async dial(request: DialRequest, options: { signal: AbortSignal }): Promise<DialResult> {
    const outcome = await this.#rest.send({
      method: 'POST',
      path: '/Calls.json',
      form: dialForm(request, this.#context.publicUrl),
      beforeSend: request.beforeSend,
      signal: this.#within(options.signal),
    });
    if (outcome.kind === 'answered') return dialResultOf(outcome.answer);
    if (outcome.kind === 'lost') return { kind: 'unknown', detail: 'Twilio did not answer the request to call' };
    const stopped = isRingbackError(outcome.cause, 'dial_aborted');
    return { kind: 'not_placed', detail: stopped ? outcome.cause.message : 'Twilio could not be reached' };
  }

  async find(attempt: DialledAttempt, options: { signal: AbortSignal }): Promise<FoundCall | undefined> {
    return matchingCall(await this.#list({ To: attempt.to, From: attempt.from }, options.signal), attempt);
  }

  async findTo(to: string, options: { since: Temporal.Instant; signal: AbortSignal }): Promise<readonly FoundCall[]> {
    return matchingCalls(await this.#list({ To: to }, options.signal), { to, from: null, startedAt: options.since });
  }

  async get(carrierCallId: string, options: { signal: AbortSignal }): Promise<FoundCall | undefined> {
    const answer = await this.#ask('GET', `/Calls/${encodeURIComponent(carrierCallId)}.json`, options.signal);
    if (answer.status === OVER_STATUS) return undefined;
    if (answer.status !== 200) throw new RingbackError('vendor_failed', ['Twilio', `it answered ${answer.status}`]);
    return foundCall(answer.body);
  }

  async hangup(carrierCallId: string, options: { signal: AbortSignal }): Promise<void> {
    const answer = await this.#rest.ask({
      method: 'POST',
      path: `/Calls/${encodeURIComponent(carrierCallId)}.json`,
      form: new URLSearchParams({ Status: 'completed' }),
      signal: this.#within(options.signal),
    });
    if (answer.status >= 200 && answer.status < 300) return;
    const code = codeOf(answer.body);
    if (answer.status === OVER_STATUS || (code !== null && OVER_CODES.includes(code))) return;
    throw new RingbackError('vendor_failed', ['Twilio', `it answered ${answer.status}`]);
  }

  /** The account resource says whether it is active, suspended or closed (twilio.com/docs/iam/api/account). */
  async accountMayCall(options: { signal: AbortSignal }): Promise<boolean> {
    const { status, body } = await this.#ask('GET', '.json', options.signal);
    return status === 200 && typeof body === 'object' && body !== null && 'status' in body && body.status === 'active';
  }

  /** A call's own webhooks are answered in TwiML; in answer to the others Twilio reads none, so the API is asked. */
  async perform(
    instruction: Instruction,
    event: CarrierEvent,
    options: { signal: AbortSignal },
  ): Promise<CarrierReply | void> {
    const asksForMarkup = event.type === 'inbound' || event.type === 'answered' || event.type === 'stream_over';
    if (asksForMarkup) {
      const callId = instruction.type === 'stream' ? instruction.callId : '';
      const resumeUrl = `${this.#context.publicUrl}/carriers/twilio/resume/${callId}${WEBHOOK_OVERRIDES}`;
      return markup(instruction, { resumeUrl });
    }
    if (instruction.type === 'hangup') await this.hangup(event.carrierCallId, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new RingbackError('stopping'));
  }

  async #list(filter: Record<string, string>, signal: AbortSignal): Promise<unknown> {
    const query = new URLSearchParams({ ...filter, PageSize: '50' });
    const answer = await this.#ask('GET', `/Calls.json?${query.toString()}`, signal);
    if (answer.status !== 200) throw new RingbackError('vendor_failed', ['Twilio', `it answered ${answer.status}`]);
    return answer.body;
  }

  #ask(method: 'GET', path: string, signal: AbortSignal) {
    return this.#rest.ask({ method, path, signal: this.#within(signal) });
  }

  #within(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#stop.signal]);
  }

  /** Twilio signs the stream's URL as it was told it: with wss, and without the query that it drops. */
  #isSignedUpgrade(request: CarrierRequest): boolean {
    const signature = request.headers['x-twilio-signature'];
    return isSigned(
      {
        url: request.url.replace(/^http/, 'ws'),
        contentType: undefined,
        body: request.rawBody,
        signature: Array.isArray(signature) ? signature[0] : signature,
      },
      this.#settings.authToken,
    );
  }
}

function codeOf(body: unknown): number | null {
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : null;
  return typeof code === 'number' ? code : null;
}
