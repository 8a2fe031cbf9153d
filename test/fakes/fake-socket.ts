import { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';

/** A WebSocket of the `ws` package as far as a media socket uses one; a test is its other end. */
// oxlint-disable-next-line unicorn/prefer-event-target -- sockets of `ws` are event emitters
export class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  pings = 0;
  /** How it was closed from our side. */
  closed: { readonly code: number; readonly reason: string } | 'terminated' | null = null;

  get asSocket(): WebSocket {
    return this as unknown as WebSocket;
  }

  /** A message of the other end. */
  receive(message: object | string | Buffer, isBinary = false): void {
    const text = typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message);
    this.emit('message', Buffer.from(text), isBinary);
  }

  /** The connection is gone. */
  gone(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.emit('close', 1006, Buffer.alloc(0));
  }

  send(data: string): void {
    this.sent.push(data);
  }

  ping(): void {
    this.pings += 1;
  }

  close(code = 1005, reason = ''): void {
    this.closed ??= { code, reason };
    this.readyState = 2;
  }

  terminate(): void {
    this.closed = 'terminated';
    this.gone();
  }
}
