import { pageClock } from '../time/clock.ts';
import { EventParser, type ServerEvent } from './event-parser.ts';

export type StreamState = 'connecting' | 'live' | 'paused';

/** The gateway sends a line at least each 15 s; silence above this means that the line is dead. */
const SILENCE_MS = 25_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;

export interface EventStreamOptions {
  readonly url: string;
  readonly onEvent: (event: ServerEvent) => void;
  readonly onState: (state: StreamState) => void;
  /** The session is over: nothing more is tried. */
  readonly onSignedOut: () => void;
}

/**
 * Follows server-sent events for as long as it is wanted: after each break it comes back with `Last-Event-ID`. By
 * `fetch`, because an EventSource neither shows a 401 nor keeps its place when a start fails. Whoever opens it closes it.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  #lastId: string | null = null;
  #failures = 0;
  #running: AbortController | null = null;
  #cancelRetry: (() => void) | null = null;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** Starts, or starts again after a pause; nothing where it runs already. */
  start(): void {
    if (this.#running !== null) return;
    this.#cancelRetry?.();
    const running = new AbortController();
    this.#running = running;
    this.#options.onState('connecting');
    void this.#follow(running).then((goOn) => {
      if (this.#running !== running) return;
      this.#running = null;
      if (goOn) this.#retry();
    });
  }

  pause(): void {
    this.#stop();
    this.#options.onState('paused');
  }

  close(): void {
    this.#stop();
  }

  #stop(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#running?.abort();
    this.#running = null;
  }

  #retry(): void {
    this.#options.onState('connecting');
    const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#cancelRetry = pageClock.after(delayMs, () => this.start());
  }

  /** One connection, to its end. False where no other may follow. Never throws: an end is an end. */
  async #follow(running: AbortController): Promise<boolean> {
    let cancelWatch = (): void => undefined;
    const watch = (): void => {
      cancelWatch();
      cancelWatch = pageClock.after(SILENCE_MS, () => running.abort());
    };
    try {
      watch();
      const response = await fetch(this.#options.url, {
        credentials: 'same-origin',
        cache: 'no-store',
        signal: running.signal,
        headers: { accept: 'text/event-stream', ...(this.#lastId === null ? {} : { 'last-event-id': this.#lastId }) },
      });
      if (response.status === 401) {
        this.#options.onSignedOut();
        return false;
      }
      if (!response.ok || response.body === null) return true;
      this.#failures = 0;
      this.#options.onState('live');
      await this.#read(response.body, watch);
      return true;
    } catch {
      // A connection that broke and one that was refused are the same here: the next one tells.
      return true;
    } finally {
      cancelWatch();
    }
  }

  async #read(body: ReadableStream<Uint8Array<ArrayBuffer>>, onBytes: () => void): Promise<void> {
    const parser = new EventParser();
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      onBytes();
      for (const event of parser.push(value)) {
        this.#lastId = event.id ?? this.#lastId;
        this.#options.onEvent(event);
      }
    }
  }
}
