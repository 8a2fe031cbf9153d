import type { AudioFormat } from '../../media/audio-format.ts';
import { durationMs, silenceByte } from '../../media/audio-format.ts';
import type { CarrierCapabilities, MediaSink, MediaStream } from '../../src/carriers/carrier.ts';
import type { Clock, Timer } from '../../src/clock.ts';
import { readAudio, telephone } from './spoken-audio.ts';

type Item = { readonly audio: Uint8Array } | { readonly mark: string };

const capabilities: CarrierCapabilities = {
  ringsTelephone: true,
  callsPerSecond: null,
  idempotency: 'none',
  machineDetection: false,
  clear: true,
  marksReturnedOnClear: true,
  sendsSilence: true,
  reopensStreams: true,
  leadMs: 120,
};

export interface FakeStreamOptions {
  readonly clock: Clock;
  readonly format?: AudioFormat;
  readonly capabilities?: Partial<CarrierCapabilities>;
  /** Whether marks come back at all. */
  readonly returnsMarks?: boolean;
}

/** A telephone line that plays what it is sent in the clock's time, and returns marks when they are reached. */
export class FakeStream implements MediaStream {
  readonly format: AudioFormat;
  readonly capabilities: CarrierCapabilities;
  bufferedBytes = 0;
  closed = 0;
  clears = 0;
  sink: MediaSink | null = null;
  /** When each frame was sent, by the clock. */
  readonly sentAtMs: number[] = [];
  readonly #played: { readonly audio: Uint8Array; readonly atMs: number }[] = [];
  readonly #options: FakeStreamOptions;
  readonly #items: Item[] = [];
  #playing: Timer | null = null;
  /** When the item that plays began. */
  #sinceMs = 0;

  constructor(options: FakeStreamOptions) {
    this.#options = options;
    this.format = options.format ?? telephone;
    this.capabilities = { ...capabilities, ...options.capabilities };
  }

  /** What the person at the other end has heard, as text. */
  get heard(): string {
    return readAudio(this.#played.map(({ audio }) => audio));
  }

  /** When the first audio was heard. */
  get firstHeardMs(): number | undefined {
    return this.#played[0]?.atMs;
  }

  /** The longest time from `sinceMs` on in which nothing was heard, up to the last that was. */
  longestSilenceMs(sinceMs: number): number {
    const silence = silenceByte(this.format);
    let quietSinceMs = sinceMs;
    let longestMs = 0;
    for (const { audio, atMs } of this.#played) {
      if (atMs < sinceMs || audio.every((byte) => byte === silence)) continue;
      longestMs = Math.max(longestMs, atMs - quietSinceMs);
      quietSinceMs = atMs + durationMs(this.format, audio.length);
    }
    return longestMs;
  }

  get heardBytes(): number {
    return this.#played.reduce((sum, { audio }) => sum + audio.length, 0);
  }

  sendAudio(audio: Uint8Array): void {
    this.sentAtMs.push(this.#options.clock.nowMs());
    this.#items.push({ audio: Uint8Array.from(audio) });
    this.#play();
  }

  sendMark(mark: string): void {
    this.#items.push({ mark });
    this.#play();
  }

  clear(): void {
    this.clears += 1;
    const [current] = this.#items;
    if (this.#playing !== null && current !== undefined && 'audio' in current) {
      const share = (this.#options.clock.nowMs() - this.#sinceMs) / durationMs(this.format, current.audio.length);
      const audio = current.audio.subarray(0, Math.floor(current.audio.length * share));
      this.#played.push({ audio, atMs: this.#sinceMs });
    }
    this.#playing?.cancel();
    this.#playing = null;
    const flushed = this.#items.splice(0);
    if (!this.capabilities.marksReturnedOnClear) return;
    for (const item of flushed) if ('mark' in item) this.#returnMark(item.mark);
  }

  close(): void {
    this.closed += 1;
    this.#playing?.cancel();
    this.#playing = null;
  }

  #play(): void {
    if (this.#playing !== null || this.closed > 0) return;
    for (let item = this.#items[0]; item !== undefined; item = this.#items[0]) {
      if ('audio' in item) {
        const { audio } = item;
        this.#sinceMs = this.#options.clock.nowMs();
        this.#playing = this.#options.clock.setTimer(durationMs(this.format, audio.length), () => {
          this.#playing = null;
          this.#items.shift();
          this.#played.push({ audio, atMs: this.#sinceMs });
          this.#play();
        });
        return;
      }
      this.#items.shift();
      this.#returnMark(item.mark);
    }
  }

  #returnMark(mark: string): void {
    if (this.#options.returnsMarks === false) return;
    // As on a socket: never while the gateway is still in the call that set it off.
    queueMicrotask(() => this.closed === 0 && this.sink?.onMark(mark));
  }
}
