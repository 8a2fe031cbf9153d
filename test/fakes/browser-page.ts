import type { WebSocket } from 'ws';
import type { SoftphoneEvent, SoftphoneRequest } from '../../src/api/softphone.ts';
import type {
  Carrier,
  CarrierEvent,
  CarrierHost,
  Instruction,
  MediaSink,
  MediaStream,
} from '../../src/carriers/carrier.ts';
import { RingbackError } from '../../src/errors.ts';

/** The far end of a page's socket: what the page is told, and what it says. */
export class FakePage {
  readonly #listeners = new Map<string, (...args: never[]) => void>();
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  closedWith: number | null = null;
  pings = 0;
  /** Pings are answered. */
  isThere = true;
  readonly told: SoftphoneEvent[] = [];
  /** Binary messages. */
  readonly audio: Uint8Array[] = [];

  /** Opens a page on a line of this carrier. */
  static open(carrier: Carrier, line: string, zone?: string): FakePage {
    const page = new FakePage();
    const query = `line=${encodeURIComponent(line)}${zone === undefined ? '' : `&zone=${encodeURIComponent(zone)}`}`;
    carrier.sockets?.[0]?.accept(page.asSocket(), {
      route: '/media',
      method: 'GET',
      url: `http://127.0.0.1/carriers/browser/media?${query}`,
      params: {},
      headers: {},
      rawBody: Buffer.alloc(0),
    });
    return page;
  }

  asSocket(): WebSocket {
    return this as unknown as WebSocket;
  }

  on(event: string, listener: (...args: never[]) => void): void {
    this.#listeners.set(event, listener);
  }

  says(request: SoftphoneRequest): void {
    this.raw(JSON.stringify(request), false);
  }

  raw(data: string | Buffer, isBinary: boolean): void {
    this.#emit('message', Buffer.from(data), isBinary);
  }

  toldOf<Type extends SoftphoneEvent['type']>(type: Type): Extract<SoftphoneEvent, { type: Type }>[] {
    return this.told.filter((event): event is Extract<SoftphoneEvent, { type: Type }> => event.type === type);
  }

  send(data: string | Uint8Array): void {
    if (typeof data === 'string') this.told.push(JSON.parse(data) as SoftphoneEvent);
    else this.audio.push(data);
  }

  ping(): void {
    this.pings += 1;
    if (this.isThere) queueMicrotask(() => this.#emit('pong'));
  }

  close(code = 1005): void {
    if (this.closedWith !== null) return;
    this.closedWith = code;
    this.readyState = 3;
    this.#emit('close');
  }

  terminate(): void {
    this.close(1006);
  }

  #emit(event: string, ...args: unknown[]): void {
    this.#listeners.get(event)?.(...(args as never[]));
  }
}

export interface FakeHost extends CarrierHost {
  readonly events: CarrierEvent[];
  /** What the sessions were told, in order. */
  readonly heard: string[];
  /** The streams that were connected. */
  readonly streams: MediaStream[];
  /** What `handle` answers; a token is good once. */
  answer: (event: CarrierEvent) => Instruction | Promise<Instruction>;
}

/** The gateway's side of a carrier: admits everything, gives each token to one stream. */
export function fakeHost(): FakeHost {
  const hearers = new Set<(message: unknown) => void>();
  const used = new Set<string>();
  const heard: string[] = [];
  const host: FakeHost = {
    events: [],
    heard,
    streams: [],
    answer: (event) =>
      event.type === 'inbound' || event.type === 'answered'
        ? { type: 'stream', callId: `call of ${event.carrierCallId}`, token: event.carrierCallId, streamUrl: '' }
        : { type: 'none' },
    async handle(event) {
      host.events.push(event);
      return host.answer(event);
    },
    async connect(stream, { token }) {
      if (used.has(token)) throw new RingbackError('stream_refused');
      used.add(token);
      host.streams.push(stream);
      return sinkOf(heard);
    },
    bus: {
      async publish(message) {
        const copy: unknown = JSON.parse(JSON.stringify(message));
        queueMicrotask(() => {
          for (const hear of hearers) hear(copy);
        });
      },
      subscribe(hear) {
        hearers.add(hear);
        return { [Symbol.dispose]: () => void hearers.delete(hear) };
      },
    },
  };
  return host;
}

function sinkOf(heard: string[]): MediaSink {
  return {
    onAudio: (audio) => void heard.push(`audio ${audio.length}`),
    onDtmf: (digit) => void heard.push(`dtmf ${digit}`),
    onMark: (name) => void heard.push(`mark ${name}`),
    onText: (text) => void heard.push(`text ${text}`),
    onTyping: () => void heard.push('typing'),
    onClosed: (cause) => void heard.push(`closed ${cause}`),
  };
}
