import { WebSocket } from 'ws';
import type { MonotonicClock, Timer } from '../clock.ts';

/** Why a socket was lost. Texts come from the vendor: they are bounded, and read before they are shown. */
export type SocketLoss =
  /** The handshake was answered, but not with an upgrade. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
      readonly body: string;
    }
  /** No answer to the handshake within its time, or no connection at all. */
  | { readonly kind: 'unreachable' }
  /** It was open and was closed by the other side; 1006 where it broke without a word. */
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  /** It was open, and nothing came any more, not even an answer to a ping. */
  | { readonly kind: 'silent' };

export interface LiveSocketOptions {
  /** `ws:` or `wss:`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly clock: MonotonicClock;
  /** A larger message closes the socket (1009). */
  readonly mostMessageBytes: number;
}

export interface LiveSocketEvents {
  onOpen(): void;
  onText(text: string): void;
  /** The bytes are the receiver's. */
  onBinary(bytes: Uint8Array): void;
  /** Once, and not after `whenClosed` or `terminate`. */
  onLost(loss: SocketLoss): void;
  /** Once, when nothing comes any more, whoever ended it. */
  onEnd(): void;
}

/** A WebSocket to a vendor. Whoever opens it ends it, by `whenClosed` or `terminate`. */
export interface LiveSocket {
  readonly isOpen: boolean;
  /** Bytes that are written but not yet taken by the network. Blind for what the kernel holds. */
  readonly bufferedBytes: number;
  /** False where it is not open (any more); then nothing was sent. */
  send(data: string | Uint8Array): boolean;
  /** Leaves the closing to the other side, which was told by its own words; cut off after `withinMs`. */
  whenClosed(withinMs: number): Promise<void>;
  terminate(): void;
}

/** Vendors answer a handshake within some 300 ms; a call can't wait longer than a few seconds in all. */
const HANDSHAKE_MS = 2500;
const PING_EVERY_MS = 2500;
/** Two pings without an answer, and a little. */
const SILENT_AFTER_MS = 6000;
const MOST_BODY_BYTES = 4096;

/**
 * Opens one, without compression (it costs five times the CPU for nothing on audio) and with deadlines: for the
 * handshake, and for a link that is half open, which only pings can tell.
 */
export function openLiveSocket(options: LiveSocketOptions, events: LiveSocketEvents): LiveSocket {
  return new Live(options, events);
}

class Live implements LiveSocket {
  readonly #clock: MonotonicClock;
  readonly #events: LiveSocketEvents;
  readonly #socket: WebSocket;
  readonly #ended = Promise.withResolvers<void>();
  #timer: Timer;
  #heardMs = 0;
  #leaving = false;
  #over = false;

  constructor(options: LiveSocketOptions, events: LiveSocketEvents) {
    const { url, headers, clock, mostMessageBytes } = options;
    this.#clock = clock;
    this.#events = events;
    this.#socket = new WebSocket(url, { headers, perMessageDeflate: false, maxPayload: mostMessageBytes });
    this.#timer = clock.setTimer(HANDSHAKE_MS, () => this.#end({ kind: 'unreachable' }));
    this.#socket
      .on('open', () => this.#open())
      .on('message', (data: Buffer, isBinary) => {
        this.#heardMs = clock.nowMs();
        if (this.#over) return;
        if (isBinary) events.onBinary(data);
        else events.onText(data.toString());
      })
      .on('pong', () => void (this.#heardMs = clock.nowMs()))
      .on('ping', () => void (this.#heardMs = clock.nowMs()))
      .on('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        const refused = (): void =>
          this.#end({
            kind: 'refused',
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString().slice(0, MOST_BODY_BYTES),
          });
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes > MOST_BODY_BYTES) refused();
        });
        response.on('end', refused).on('error', refused).on('close', refused);
      })
      // An error is told by what follows it: a close, or for a handshake, nothing at all.
      .on('error', () => {
        if (this.#socket.readyState !== WebSocket.OPEN && this.#heardMs === 0) this.#end({ kind: 'unreachable' });
      })
      .on('close', (code, reason) => this.#end({ kind: 'closed', code, reason: reason.toString() }));
  }

  get isOpen(): boolean {
    return !this.#over && this.#socket.readyState === WebSocket.OPEN;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(data: string | Uint8Array): boolean {
    if (!this.isOpen || this.#leaving) return false;
    // A failed write is followed by the close of the socket, which is told.
    this.#socket.send(data, () => undefined);
    return true;
  }

  whenClosed(withinMs: number): Promise<void> {
    if (!this.#leaving && !this.#over) {
      this.#leaving = true;
      this.#timer.cancel();
      this.#timer = this.#clock.setTimer(withinMs, () => this.#end(null));
    }
    return this.#ended.promise;
  }

  terminate(): void {
    this.#leaving = true;
    this.#end(null);
  }

  #open(): void {
    if (this.#over) return;
    this.#heardMs = this.#clock.nowMs();
    if (this.#leaving) return;
    this.#timer.cancel();
    this.#ping();
    this.#events.onOpen();
  }

  #ping(): void {
    this.#timer = this.#clock.setTimer(PING_EVERY_MS, () => {
      if (this.#clock.nowMs() - this.#heardMs >= SILENT_AFTER_MS) return this.#end({ kind: 'silent' });
      this.#socket.ping();
      this.#ping();
    });
  }

  #end(loss: SocketLoss | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer.cancel();
    // Terminating is idempotent, and frees the connection also while the handshake is under way.
    this.#socket.terminate();
    this.#ended.resolve();
    if (loss !== null && !this.#leaving) this.#events.onLost(loss);
    this.#events.onEnd();
  }
}
