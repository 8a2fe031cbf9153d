import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { until } from '../support/until.ts';

/** One accepted socket of the fake: what came on it, and what a test may do to it. The server closes it. */
export class FakeConnection {
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** Control messages, as they came. */
  readonly messages: { readonly type: string; readonly text?: string }[] = [];
  readonly audio: Buffer[] = [];
  /** How it ended; undefined while it is open. */
  closed: { readonly code: number; readonly reason: string } | undefined;
  pings = 0;
  readonly socket: WebSocket;
  readonly #waiting = new Set<() => void>();

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket;
    this.query = new URL(request.url ?? '/', 'http://fake').searchParams;
    this.headers = request.headers;
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.changed();
    });
    socket.on('ping', () => {
      this.pings += 1;
      this.changed();
    });
    // A reset is an end like another one: the close tells it.
    socket.on('error', () => undefined);
  }

  get audioBytes(): number {
    return this.audio.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  count(type: string): number {
    return this.messages.filter((message) => message.type === type).length;
  }

  say(message: object | string): void {
    if (this.socket.readyState === this.socket.OPEN)
      this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  sayAudio(audio: Uint8Array): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(audio);
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  /** Gone without a word. */
  cut(): void {
    this.socket.terminate();
  }

  /** Half open: nothing is read and nothing answered any more, pings included. */
  freeze(): void {
    this.socket.pause();
  }

  /** Waits until something holds that only this connection can change. */
  async when(what: string, holds: () => boolean): Promise<void> {
    if (holds()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (holds()) resolve();
    };
    this.#waiting.add(look);
    try {
      await until(what, promise);
    } finally {
      this.#waiting.delete(look);
    }
  }

  /** Something came or went. */
  changed(): void {
    for (const look of this.#waiting) look();
  }
}
