import type { RawData, WebSocket } from 'ws';
import { durationMs, FRAME_MS, type AudioFormat } from '../../media/audio-format.ts';
import { FrameOrder, type OrderedFrames } from '../../media/frame-order.ts';
import type { MonotonicClock, Timer } from '../clock.ts';
import { isRingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { CarrierCapabilities, CarrierHost, MediaCodec, MediaMessages, MediaSink, MediaStream } from './carrier.ts';
import { SilentLine } from './silent-line.ts';
import { UnreadLine } from './unread-line.ts';

/** A socket that does not begin its stream within this time is closed (1008). */
const START_WITHIN_MS = 5_000;
/** A peer that has gone without a word is noticed within two of these. */
const PING_EVERY_MS = 9_000;
/** Messages that are none of the protocol's, before the socket is closed (1002). */
const MOST_INVALID = 10;
/** What comes in before the session is there: two seconds of mu-law frames. The oldest go first. */
const MOST_EARLY_FRAMES = 100;
/** Keys that are pressed before it is there; a caller does not press faster. */
const MOST_EARLY_KEYS = 16;
/** A reader that lags by more than this (some twenty seconds of base64 mu-law) is gone. */
const MOST_BUFFERED_BYTES = 256_000;

type Start = Parameters<MediaMessages['onStart']>[0];

export interface MediaSocketOptions {
  readonly socket: WebSocket;
  readonly codec: MediaCodec;
  readonly capabilities: CarrierCapabilities;
  readonly host: Pick<CarrierHost, 'connect'>;
  readonly clock: MonotonicClock;
  readonly log: Log;
  /** The token that the start carries. */
  readonly tokenOf: (start: Start) => string | undefined;
}

/**
 * A carrier's media socket from its upgrade to its end, for every carrier that opens one to us and begins with a start
 * message: reads it with the carrier's codec, leads it to its call, and is the call's stream. Owns the socket. What is
 * wrong on it closes it alone.
 */
export function acceptMediaSocket(options: MediaSocketOptions): void {
  MediaSocket.accept(options);
}

class MediaSocket implements MediaMessages, OrderedFrames {
  readonly #options: MediaSocketOptions;
  readonly #startLimit: Timer;
  readonly #order: FrameOrder;
  readonly #early: Uint8Array[] = [];
  readonly #earlyKeys: string[] = [];
  #stream: SocketStream | null = null;
  #sink: MediaSink | null = null;
  #invalid = 0;
  #answeredPing = true;
  #stopped = false;
  #closed = false;
  #ping: Timer;
  /** From the first audio of a carrier that never stops sending. */
  #line: SilentLine | null = null;
  readonly #unread: UnreadLine;

  /** The socket's own listeners keep it alive; nobody else needs it. */
  static accept(options: MediaSocketOptions): MediaSocket {
    return new MediaSocket(options);
  }

  private constructor(options: MediaSocketOptions) {
    this.#options = options;
    const { socket, codec, clock } = options;
    this.#order = new FrameOrder(Math.ceil((options.capabilities.unorderedMs ?? 0) / FRAME_MS), this);
    this.#unread = new UnreadLine({
      clock,
      ask: () => this.#pingNow(),
      onGone: () => this.#giveUp('a media stream is not read, and answers nothing: it is given up'),
    });
    this.#startLimit = clock.setTimer(START_WITHIN_MS, () => socket.close(1008, 'no stream was begun'));
    this.#ping = clock.setTimer(PING_EVERY_MS, () => this.#beat());
    socket.on('message', (data: RawData, isBinary) => {
      this.#line?.heard();
      if (!this.#closed) codec.decode(toBuffer(data), isBinary, this);
    });
    socket.on('pong', () => {
      this.#line?.heard();
      this.#unread.reads();
      this.#answeredPing = true;
    });
    // The close event follows; an error alone (a frame too large, a reset) needs no more than that.
    socket.on('error', () => socket.terminate());
    socket.on('close', () => this.#onClose());
  }

  // ---------------------------------------------------------------- what the carrier says

  onStart(start: Start): void {
    const { host, socket, codec, capabilities, tokenOf, log } = this.#options;
    this.#startLimit.cancel();
    const token = tokenOf(start);
    if (token === undefined || this.#stream !== null) return socket.close(1008, 'the stream carries no token');
    const stream = new SocketStream(socket, codec, start.format, capabilities, this.#unread);
    this.#stream = stream;
    host.connect(stream, { token, carrierCallId: start.carrierCallId }).then(
      (sink) => this.#connected(sink),
      (error: unknown) => {
        const refused = isRingbackError(error, 'stream_refused');
        if (!refused)
          log.warn(
            { error: error instanceof Error ? error.name : typeof error },
            'a media stream could not be connected',
          );
        socket.close(refused ? 1008 : 1011, refused ? 'the token is no good' : 'the call could not be connected');
      },
    );
  }

  onAudio(audio: Uint8Array, sequence: number): void {
    if (this.#line === null && this.#options.capabilities.sendsSilence) this.#line = this.#watch();
    this.#order.push(sequence, audio);
  }

  onFrame(audio: Uint8Array): void {
    if (this.#sink !== null) return this.#sink.onAudio(audio);
    if (this.#early.length === MOST_EARLY_FRAMES) this.#early.shift();
    // The codec reuses its buffer.
    this.#early.push(Uint8Array.from(audio));
  }

  onLost(frames: number, byteLength: number): void {
    if (this.#stream !== null) this.#sink?.onLost?.(frames * durationMs(this.#stream.format, byteLength));
  }

  onDtmf(digit: string): void {
    if (this.#sink !== null) return this.#sink.onDtmf(digit);
    if (this.#earlyKeys.length < MOST_EARLY_KEYS) this.#earlyKeys.push(digit);
  }

  onMark(name: string): void {
    this.#unread.reads();
    this.#sink?.onMark(name);
  }

  /** The call is over at the carrier; the socket's own close may never come. */
  onStop(): void {
    this.#stopped = true;
    this.#options.socket.close(1000);
  }

  onIgnored(): void {}

  onInvalid(): void {
    this.#invalid += 1;
    if (this.#invalid === MOST_INVALID) this.#options.socket.close(1002, 'too many messages that make no sense');
  }

  // ---------------------------------------------------------------- the session

  #connected(sink: MediaSink): void {
    if (this.#closed) return sink.onClosed(this.#cause);
    this.#sink = sink;
    for (const audio of this.#early.splice(0)) sink.onAudio(audio);
    for (const key of this.#earlyKeys.splice(0)) sink.onDtmf(key);
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#startLimit.cancel();
    this.#ping.cancel();
    this.#line?.[Symbol.dispose]();
    this.#unread[Symbol.dispose]();
    this.#order.finish();
    this.#early.length = 0;
    this.#tellOrder();
    this.#sink?.onClosed(this.#cause);
  }

  #tellOrder(): void {
    const { lost, late, early } = this.#order.counts;
    if (lost + late + early > 0)
      this.#options.log.info({ lost, late, early }, 'frames of a media stream did not come in order');
  }

  /** Only a stop, or a close of our own, says that the call has ended; a socket that just goes may be followed by another. */
  get #cause(): 'hung_up' | 'lost' {
    return this.#stopped || this.#stream?.closed === true ? 'hung_up' : 'lost';
  }

  #watch(): SilentLine {
    return new SilentLine({
      clock: this.#options.clock,
      ask: () => this.#pingNow(),
      onGone: () => this.#giveUp('a media stream is silent, and answers nothing: it is given up'),
    });
  }

  #pingNow(): void {
    const { socket } = this.#options;
    if (socket.readyState === socket.OPEN) socket.ping();
  }

  #giveUp(why: string): void {
    this.#options.log.warn({}, why);
    this.#options.socket.terminate();
  }

  #beat(): void {
    const { socket, clock } = this.#options;
    if (!this.#answeredPing) return socket.terminate();
    this.#answeredPing = false;
    this.#pingNow();
    this.#ping = clock.setTimer(PING_EVERY_MS, () => this.#beat());
  }
}

class SocketStream implements MediaStream {
  readonly format: AudioFormat;
  readonly capabilities: CarrierCapabilities;
  readonly #socket: WebSocket;
  readonly #codec: MediaCodec;
  readonly #unread: UnreadLine;
  #closed = false;

  constructor(
    socket: WebSocket,
    codec: MediaCodec,
    format: AudioFormat,
    capabilities: CarrierCapabilities,
    unread: UnreadLine,
  ) {
    this.#socket = socket;
    this.#codec = codec;
    this.#unread = unread;
    this.format = format;
    this.capabilities = capabilities;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  sendAudio(audio: Uint8Array): void {
    if (!this.#open) return;
    if (this.#socket.bufferedAmount > MOST_BUFFERED_BYTES) return this.#socket.terminate();
    this.#socket.send(this.#codec.audio(audio));
    this.#unread.sent();
  }

  sendMark(name: string): void {
    if (this.#open) this.#socket.send(this.#codec.mark(name));
  }

  clear(): void {
    const message = this.#codec.clear();
    if (this.#open && message !== undefined) this.#socket.send(message);
  }

  close(): void {
    this.#closed = true;
    this.#socket.close(1000);
  }

  get #open(): boolean {
    return !this.#closed && this.#socket.readyState === this.#socket.OPEN;
  }
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
