import type { SoftphoneEvent, SoftphoneRequest } from '../../api/softphone.ts';
import { pageClock } from '../time/clock.ts';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
/** Two seconds of audio: above it the line is too slow, and what is said now matters more. */
const MOST_BUFFERED_BYTES = 64_000;

export interface SocketEvents {
  onEvent(event: SoftphoneEvent): void;
  onAudio(pcm: ArrayBuffer): void;
  onLost(): void;
}

/** The page's line to the gateway, which comes back by itself, so that the page stays within reach of a ring. Whoever opens it closes it. */
export class SoftphoneSocket {
  readonly #url: string;
  readonly #events: SocketEvents;
  #socket: WebSocket | null = null;
  #failures = 0;
  #cancelRetry: (() => void) | null = null;
  #closed = false;
  readonly #hurry = (): void => {
    if (this.#cancelRetry !== null && !document.hidden) this.#connect();
  };

  constructor(url: string, events: SocketEvents) {
    this.#url = url;
    this.#events = events;
    addEventListener('online', this.#hurry);
    document.addEventListener('visibilitychange', this.#hurry);
    this.#connect();
  }

  /** Whether it could be sent. */
  send(request: SoftphoneRequest): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(request));
    return true;
  }

  sendAudio(pcm: ArrayBuffer): void {
    const socket = this.#socket;
    if (socket?.readyState === WebSocket.OPEN && socket.bufferedAmount < MOST_BUFFERED_BYTES) socket.send(pcm);
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry?.();
    removeEventListener('online', this.#hurry);
    document.removeEventListener('visibilitychange', this.#hurry);
    this.#socket?.close(1000);
  }

  #connect(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    const socket = new WebSocket(this.#url);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (this.#closed) return;
      if (typeof data !== 'string') return this.#events.onAudio(data);
      const event = JSON.parse(data) as SoftphoneEvent;
      if (event.type === 'ready') this.#failures = 0;
      this.#events.onEvent(event);
    };
    // An error is always followed by a close.
    socket.onclose = () => {
      if (this.#closed) return;
      this.#events.onLost();
      this.#retry();
    };
  }

  /** Half of each delay is chance, so that the pages of a restarted gateway don't all come back at once. */
  #retry(): void {
    const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures);
    this.#failures += 1;
    const [chance = 0] = crypto.getRandomValues(new Uint8Array(1));
    this.#cancelRetry = pageClock.after(delayMs / 2 + (delayMs / 2) * (chance / 255), () => this.#connect());
  }
}
