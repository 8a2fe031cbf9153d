import { randomUUID } from 'node:crypto';
import { softphoneLine, type SoftphoneEvent, type SoftphoneRequest } from '../../api/softphone.ts';
import type { AdapterContext } from '../../adapter.ts';
import type { CarrierEnd } from '../../domain/attempt-states.ts';
import { BROWSER_NUMBER, isBrowserNumber } from '../../domain/numbers.ts';
import { isRingbackError, RingbackError } from '../../errors.ts';
import { BackgroundTasks } from '../../service.ts';
import type {
  Carrier,
  CarrierCapabilities,
  CarrierHost,
  CarrierRequest,
  CarrierSocketRoute,
  DialRequest,
  DialResult,
  FoundCall,
  Instruction,
} from '../carrier.ts';
import { Page, type PageCall } from './page.ts';
import { carrierCallIdOf, endOf, isRinging, ringIdOf, Rings, type Ring, type RingEnd } from './rings.ts';

const capabilities: CarrierCapabilities = {
  ringsTelephone: false,
  idempotency: 'none',
  machineDetection: false,
  clear: true,
  marksReturnedOnClear: true,
  sendsSilence: true,
  reopensStreams: false,
  leadMs: 120,
  callsPerSecond: null,
};

const MOST_PAGES = 500;
const MOST_PAGES_PER_LINE = 20;
/** How often the end of a call is told again while the database is away; then the reconciler finds out. */
const TELL_DELAYS_MS = [0, 500, 2_000, 5_000];
const LONGEST_TOPIC = 300;

/**
 * The browser softphone as a carrier: pages are telephones, their sockets are the line. Dials ring every page of a
 * line in every replica; the first answer wins.
 */
export class BrowserCarrier implements Carrier {
  readonly name = 'browser';
  readonly capabilities = capabilities;
  readonly sockets: readonly CarrierSocketRoute[];
  readonly #context: AdapterContext;
  readonly #host: CarrierHost;
  readonly #pages = new Set<Page>();
  readonly #rings: Rings;
  readonly #tasks: BackgroundTasks;
  readonly #stop = new AbortController();

  constructor(context: AdapterContext & { host: CarrierHost }) {
    this.#context = context;
    this.#host = context.host;
    this.#tasks = new BackgroundTasks((error) => {
      if (!this.#stop.signal.aborted)
        context.log.warn(
          { fault: error instanceof Error ? error.name : 'unknown' },
          'the softphone could not do what it was asked',
        );
    });
    this.#rings = new Rings({
      bus: context.host.bus,
      clock: context.clock,
      events: {
        onRing: (ring) => this.#ring(ring),
        onRingOver: (ring, cause) => this.#ringOver(ring, cause),
        onHangup: (carrierCallId) => this.#hangup(carrierCallId),
      },
    });
    this.sockets = [
      {
        path: '/media',
        guard: 'session',
        authorize: () => true,
        accept: (socket, request) => this.#accept(socket, request),
      },
    ];
  }

  reaches(number: string): boolean {
    return isBrowserNumber(number);
  }

  async dial(request: DialRequest): Promise<DialResult> {
    try {
      request.beforeSend();
    } catch (error) {
      return { kind: 'not_placed', detail: isRingbackError(error) ? error.message : 'the dial was stopped' };
    }
    const ringMs = request.ringTimeoutSeconds * 1000;
    try {
      await this.#rings.publish({
        type: 'ring',
        ringId: request.attemptId,
        line: request.to,
        agentName: request.display.agentName.slice(0, 100),
        topic: request.display.topic.slice(0, LONGEST_TOPIC),
        ringMs,
      });
    } catch {
      return { kind: 'unknown', detail: 'the replicas could not be told to ring' };
    }
    this.#tasks.add(this.#ringOut(request.attemptId, ringMs));
    return { kind: 'placed', carrierCallId: carrierCallIdOf(request.attemptId) };
  }

  async find(attempt: { attemptId: string }): Promise<FoundCall | undefined> {
    return this.get(carrierCallIdOf(attempt.attemptId));
  }

  async get(carrierCallId: string): Promise<FoundCall | undefined> {
    const ring = this.#rings.find(ringIdOf(carrierCallId));
    if (ring !== undefined) return { carrierCallId, state: ring.state };
    const live = [...this.#pages].some((page) => page.call?.carrierCallId === carrierCallId);
    return live ? { carrierCallId, state: 'answered' } : undefined;
  }

  hangup(carrierCallId: string): Promise<void> {
    return this.#rings.publish({ type: 'hangup', carrierCallId });
  }

  /** Nothing to reply to: instructions are followed where they are received, in `#follow`. */
  async perform(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new RingbackError('stopping'));
    this.#rings[Symbol.dispose]();
    for (const page of this.#pages) page.close(1001, 'the gateway is stopping');
    await this.#tasks.settled();
  }

  // -------------------------------------------------------------- pages

  #accept(socket: ConstructorParameters<typeof Page>[0]['socket'], request: CarrierRequest): void {
    const query = new URL(request.url).searchParams;
    const line = softphoneLine.safeParse(query.get('line'));
    if (!line.success) return socket.close(1008, 'line must be browser: and 8 to 32 letters or digits');
    const sameLine = [...this.#pages].filter((page) => page.line === line.data).length;
    if (this.#pages.size >= MOST_PAGES || sameLine >= MOST_PAGES_PER_LINE) return socket.close(1013, 'too many pages');
    const page = new Page({
      socket,
      line: line.data,
      timeZone: knownZone(query.get('zone')),
      clock: this.#context.clock,
      log: this.#context.log,
      events: {
        onRequest: (from, asked) => this.#serve(from, asked),
        onClosed: (from) => this.#gone(from),
      },
    });
    this.#pages.add(page);
    page.send({ type: 'ready', line: page.line });
    for (const ring of this.#rings.ringing(page.line)) this.#ringPage(page, ring);
  }

  #serve(page: Page, request: SoftphoneRequest): void {
    if (request.type === 'text') return page.call?.sink?.onText(request.text);
    if (request.type === 'hangup') return this.#end(page, 'hung_up');
    if (request.type === 'decline') return this.#decline(page, request.ringId);
    if (request.type === 'call') return this.#begin(page, request.agentId);
    if (request.type === 'answer') return this.#answer(page, request.ringId);
  }

  #gone(page: Page): void {
    this.#pages.delete(page);
    this.#end(page, 'lost');
  }

  // -------------------------------------------------------------- calls of a page

  #begin(page: Page, agentId: string | undefined): void {
    if (page.call !== null) return page.send({ type: 'error', message: 'this page is in a call already' });
    const call: PageCall = { carrierCallId: `BR-${randomUUID()}`, attemptId: null, stream: null, sink: null };
    page.call = call;
    page.send({ type: 'connecting' });
    const event = {
      type: 'inbound',
      carrierCallId: call.carrierCallId,
      from: page.line,
      to: BROWSER_NUMBER,
      attestation: 'full',
      ...(page.timeZone === undefined ? {} : { timeZone: page.timeZone }),
      ...(agentId === undefined ? {} : { agentId }),
    } as const;
    this.#tasks.add(
      this.#host
        .handle(event)
        .then((instruction) => this.#follow(page, call, instruction))
        .catch((error: unknown) => this.#refuse(page, call, error)),
    );
  }

  #answer(page: Page, ringId: string): void {
    const ring = this.#rings.find(ringId);
    if (page.call !== null) return page.send({ type: 'error', message: 'this page is in a call already' });
    if (ring === undefined || !isRinging(ring) || ring.line !== page.line)
      return page.send({ type: 'ring_ended', ringId, cause: 'answered_elsewhere' });
    const call: PageCall = { carrierCallId: ring.carrierCallId, attemptId: ringId, stream: null, sink: null };
    page.call = call;
    page.send({ type: 'connecting' });
    const answered = { type: 'answered', attemptId: ringId, carrierCallId: ring.carrierCallId } as const;
    this.#tasks.add(
      this.#host
        .handle(answered)
        .then((instruction) => this.#follow(page, call, instruction))
        .catch((error: unknown) => this.#refuse(page, call, error)),
    );
  }

  #decline(page: Page, ringId: string): void {
    const ring = this.#rings.find(ringId);
    if (ring === undefined || !isRinging(ring) || ring.line !== page.line) return;
    this.#tasks.add(this.#rings.publish({ type: 'ring_over', ringId, cause: 'declined' }));
    this.#tasks.add(this.#tellEnd(ringId, ring.carrierCallId, 'rejected'));
  }

  /** Does what the gateway decided about a page's call. */
  async #follow(page: Page, call: PageCall, instruction: Instruction): Promise<void> {
    if (page.call !== call) return;
    if (instruction.type === 'none') return;
    if (instruction.type !== 'stream') {
      page.call = null;
      if (call.attemptId !== null)
        return page.send({ type: 'ring_ended', ringId: call.attemptId, cause: 'answered_elsewhere' });
      return page.send({
        type: 'ended',
        cause: 'refused',
        message: instruction.type === 'say' ? instruction.text : null,
      });
    }
    const stream = page.openStream(capabilities, () => this.#end(page, 'hung_up'));
    call.stream = stream;
    const sink = await this.#host.connect(stream, { token: instruction.token, carrierCallId: call.carrierCallId });
    if (page.call !== call) return sink.onClosed('lost');
    call.sink = sink;
    if (call.attemptId !== null)
      this.#tasks.add(this.#rings.publish({ type: 'ring_over', ringId: call.attemptId, cause: 'answered' }));
    page.send({ type: 'connected', callId: instruction.callId });
  }

  #refuse(page: Page, call: PageCall, error: unknown): void {
    if (page.call !== call) return;
    page.call = null;
    call.stream?.end();
    if (call.attemptId !== null && isRingbackError(error, 'stream_refused')) {
      return page.send({ type: 'ring_ended', ringId: call.attemptId, cause: 'answered_elsewhere' });
    }
    page.send({
      type: 'ended',
      cause: 'refused',
      message: isRingbackError(error) ? error.message : 'the call could not be connected',
    });
    if (!isRingbackError(error)) throw error;
  }

  #end(page: Page, cause: 'hung_up' | 'lost'): void {
    const { call } = page;
    if (call === null) return;
    page.call = null;
    call.stream?.end();
    call.sink?.onClosed(cause);
    page.send({ type: 'ended', cause, message: null });
    this.#tasks.add(this.#tellEnd(call.attemptId, call.carrierCallId, 'hung_up'));
    if (call.attemptId !== null)
      this.#tasks.add(this.#rings.publish({ type: 'over', carrierCallId: call.carrierCallId }));
  }

  // -------------------------------------------------------------- rings

  #ring(ring: Ring): void {
    const pages = [...this.#pages].filter((page) => page.line === ring.line);
    for (const page of pages) this.#ringPage(page, ring);
  }

  #ringPage(page: Page, ring: Ring): void {
    const expiresInMs = Math.max(0, ring.ringsUntilMs - this.#context.clock.nowMs());
    page.send({ type: 'ring', ringId: ring.ringId, agentName: ring.agentName, topic: ring.topic, expiresInMs });
    this.#tasks.add(
      this.#tell({ type: 'progress', attemptId: ring.ringId, carrierCallId: ring.carrierCallId, state: 'ringing' }),
    );
  }

  #ringOver(ring: Ring, cause: RingEnd): void {
    for (const page of this.#pages) {
      if (page.line !== ring.line) continue;
      const here = page.call?.attemptId === ring.ringId;
      const told: Extract<SoftphoneEvent, { type: 'ring_ended' }>['cause'] =
        cause === 'answered' && !here ? 'answered_elsewhere' : cause;
      page.send({ type: 'ring_ended', ringId: ring.ringId, cause: told });
    }
  }

  /** The replica that dialled ends the ring; it alone tells the gateway so. */
  async #ringOut(ringId: string, ringMs: number): Promise<void> {
    await this.#context.clock.sleep(ringMs, this.#stop.signal);
    const ring = this.#rings.find(ringId);
    if (ring !== undefined && !isRinging(ring)) return;
    await this.#rings.publish({ type: 'ring_over', ringId, cause: 'rang_out' });
    await this.#tellEnd(ringId, carrierCallIdOf(ringId), endOf('rang_out'));
  }

  #hangup(carrierCallId: string): void {
    for (const page of this.#pages) if (page.call?.carrierCallId === carrierCallId) this.#end(page, 'hung_up');
    const ring = this.#rings.find(ringIdOf(carrierCallId));
    if (ring === undefined || !isRinging(ring)) return;
    this.#tasks.add(this.#rings.publish({ type: 'ring_over', ringId: ring.ringId, cause: 'cancelled' }));
    this.#tasks.add(this.#tellEnd(ring.ringId, carrierCallId, 'cancelled'));
  }

  // -------------------------------------------------------------- telling the gateway

  #tellEnd(attemptId: string | null, carrierCallId: string, end: CarrierEnd): Promise<void> {
    return this.#tell({ type: 'progress', attemptId, carrierCallId, state: { ended: end } });
  }

  async #tell(event: Parameters<CarrierHost['handle']>[0]): Promise<void> {
    for (const [index, delayMs] of TELL_DELAYS_MS.entries()) {
      await this.#context.clock.sleep(delayMs, this.#stop.signal);
      try {
        await this.#host.handle(event);
        return;
      } catch (error) {
        if (!isRingbackError(error) || !error.retryable || index === TELL_DELAYS_MS.length - 1) throw error;
      }
    }
  }
}

/** A zone that Temporal knows, or undefined: it comes from outside. */
function knownZone(zone: string | null): string | undefined {
  try {
    return zone === null || zone.length > 64
      ? undefined
      : Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone).timeZoneId;
  } catch {
    return undefined;
  }
}
