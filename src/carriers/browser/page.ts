import type { WebSocket } from 'ws';
import { softphoneFormat, softphoneRequest, type SoftphoneEvent, type SoftphoneRequest } from '../../api/softphone.ts';
import type { MonotonicClock, Timer } from '../../clock.ts';
import type { CarrierCapabilities, MediaCodec, MediaMessages, MediaSink, MediaStream } from '../carrier.ts';
import type { Log } from '../../log.ts';
import { CallWatch } from './call-watch.ts';
import { openBrowserCodec } from './codec.ts';

const PING_EVERY_MS = 10_000;
const MOST_INVALID = 10;
/** About four seconds of audio: a page that lags more is gone. */
const MOST_BUFFERED_BYTES = 128_000;

/** What a page tells the carrier. */
export interface PageEvents {
  onRequest(page: Page, request: SoftphoneRequest): void;
  onClosed(page: Page): void;
}

/** The call that a page is in. */
export interface PageCall {
  readonly carrierCallId: string;
  /** Set for our dials. */
  readonly attemptId: string | null;
  stream: PageStream | null;
  sink: MediaSink | null;
}

/** One browser page on its socket: reads what it asks, carries its call's audio. Owns the socket. */
export class Page {
  readonly line: string;
  readonly timeZone: string | undefined;
  call: PageCall | null = null;
  readonly #socket: WebSocket;
  readonly #clock: MonotonicClock;
  readonly #log: Log;
  readonly #events: PageEvents;
  readonly #codec: MediaCodec = openBrowserCodec();
  readonly #media: MediaMessages;
  #invalid = 0;
  #answeredPing = true;
  #ping: Timer;
  /** Of the call's stream. */
  #watch: CallWatch | null = null;

  constructor(options: {
    socket: WebSocket;
    line: string;
    timeZone: string | undefined;
    clock: MonotonicClock;
    log: Log;
    events: PageEvents;
  }) {
    this.line = options.line;
    this.timeZone = options.timeZone;
    this.#socket = options.socket;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#events = options.events;
    this.#media = {
      onStart: () => undefined,
      onAudio: (audio) => {
        this.#watch?.audio();
        this.call?.sink?.onAudio(audio);
      },
      onDtmf: (digit) => this.call?.sink?.onDtmf(digit),
      onMark: (name) => this.call?.sink?.onMark(name),
      onStop: () => undefined,
      onIgnored: () => undefined,
      onInvalid: () => this.#refuse('audio is PCM16, at most a second a message'),
    };
    this.#ping = this.#clock.setTimer(PING_EVERY_MS, () => this.#beat());
    this.#socket.on('message', (data: Buffer, isBinary: boolean) => this.#read(data, isBinary));
    this.#socket.on('pong', () => {
      this.#answeredPing = true;
      this.#watch?.heard();
      this.#watch?.reads();
    });
    // The close event follows; an error alone (a frame too large, a reset) needs no more than that.
    this.#socket.on('error', () => this.#socket.terminate());
    this.#socket.on('close', () => {
      this.#ping.cancel();
      this.#watch?.[Symbol.dispose]();
      this.#events.onClosed(this);
    });
  }

  send(event: SoftphoneEvent): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(event));
  }

  /**
   * The stream of the page's call; `onClose` runs once, when the gateway ends it. Until it is ended the page is watched: one
   * that sends or reads nothing any more, and does not answer, is dropped.
   */
  openStream(capabilities: CarrierCapabilities, onClose: () => void): PageStream {
    this.#watch?.[Symbol.dispose]();
    const watch = new CallWatch({
      clock: this.#clock,
      ask: () => this.#pingNow(),
      onGone: (what) => {
        this.#log.warn({ what }, 'a page in a call answers nothing: it is given up');
        this.#socket.terminate();
      },
    });
    this.#watch = watch;
    return new PageStream(this.#socket, this.#codec, capabilities, watch, onClose);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  #read(data: Buffer, isBinary: boolean): void {
    this.#watch?.heard();
    if (isBinary) return this.#codec.decode(data, true, this.#media);
    let json: unknown;
    try {
      json = JSON.parse(data.toString('utf8'));
    } catch {
      return this.#refuse('messages are JSON');
    }
    const request = softphoneRequest.safeParse(json);
    if (!request.success) return this.#refuse('this is not a message of the softphone');
    if (request.data.type === 'mark') {
      this.#watch?.reads();
      return this.call?.sink?.onMark(request.data.name);
    }
    if (request.data.type === 'typing') return this.call?.sink?.onTyping();
    if (request.data.type === 'dtmf') return this.call?.sink?.onDtmf(request.data.digit);
    this.#events.onRequest(this, request.data);
  }

  #refuse(message: string): void {
    this.#invalid += 1;
    if (this.#invalid >= MOST_INVALID) return this.close(1008, 'too many messages that make no sense');
    this.send({ type: 'error', message });
  }

  #pingNow(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  #beat(): void {
    if (!this.#answeredPing) return this.#socket.terminate();
    this.#answeredPing = false;
    this.#pingNow();
    this.#ping = this.#clock.setTimer(PING_EVERY_MS, () => this.#beat());
  }
}

/** The audio of one call on a page's socket. */
class PageStream implements MediaStream {
  readonly format = softphoneFormat;
  readonly capabilities: CarrierCapabilities;
  readonly #socket: WebSocket;
  readonly #codec: MediaCodec;
  readonly #watch: CallWatch;
  #onClose: (() => void) | null;

  constructor(
    socket: WebSocket,
    codec: MediaCodec,
    capabilities: CarrierCapabilities,
    watch: CallWatch,
    onClose: () => void,
  ) {
    this.#socket = socket;
    this.#codec = codec;
    this.capabilities = capabilities;
    this.#watch = watch;
    this.#onClose = onClose;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  sendAudio(audio: Uint8Array): void {
    if (this.#closed) return;
    if (this.#socket.bufferedAmount > MOST_BUFFERED_BYTES) return this.#socket.terminate();
    // A server's frames are not masked, so ws would keep a reference to the bytes: give it its own.
    this.#socket.send(Uint8Array.from(audio), { binary: true });
    this.#watch.sent();
  }

  sendMark(name: string): void {
    if (!this.#closed) this.#socket.send(this.#codec.mark(name));
  }

  clear(): void {
    const message = this.#codec.clear();
    if (!this.#closed && message !== undefined) this.#socket.send(message);
  }

  close(): void {
    const onClose = this.#onClose;
    this.end();
    onClose?.();
  }

  /** The other side ended it first: nothing more is sent, and nobody is told. */
  end(): void {
    this.#watch[Symbol.dispose]();
    this.#onClose = null;
  }

  get #closed(): boolean {
    return this.#onClose === null || this.#socket.readyState !== this.#socket.OPEN;
  }
}

export type { PageStream };
