import { bytesOf, FRAME_MS, type AudioFormat } from './audio-format.ts';

/** The clock that pacing takes: milliseconds that never step back, and one-shot timers that are never early. */
export interface PacerClock {
  nowMs(): number;
  setTimer(delayMs: number, run: () => void): { cancel(): void };
}

/** Where the paced frames of one stream go. */
export interface PacedOutput {
  readonly format: AudioFormat;
  /** How far ahead of the playout frames may be sent, in ms; less than two frames counts as two. */
  readonly leadMs: number;
  /** One frame of 20 ms, which will play at `playAtMs`. The bytes are reused: copy what is kept. */
  send(frame: Uint8Array, playAtMs: number): void;
  /** `send` threw: this track is closed, the others go on. */
  failed(error: unknown): void;
}

/** The outgoing audio of one stream. Whoever opened it closes it. */
export interface PacedTrack extends Disposable {
  /**
   * Queues audio and keeps the bytes; only whole frames leave. False when a minute is queued already: then nothing of
   * it is taken.
   */
  write(audio: Uint8Array): boolean;
  /** Milliseconds of audio that wait to be sent. */
  readonly queuedMs: number;
  /** Drops what waits. `flushed`: the far end drops what it holds too, so that the next frame plays at once. */
  clear(flushed: boolean): void;
}

/** Timers are armed on this grid, so that the calls of a process share them. */
const SLOT_MS = 5;
/** Below it a timer that is a slot late would make the far end run dry. */
const LEAST_LEAD_MS = 2 * FRAME_MS;
export const MOST_QUEUED_MS = 60_000;

/**
 * Paces the audio of all calls of a process with one timer. Each frame has an absolute deadline, counted from when the
 * far end's playout began, so that a late timer is caught up with and nothing drifts; only when the far end has run dry
 * does its playout begin anew. A frame that finds the queue empty leaves at once.
 */
export class Pacer implements Disposable {
  readonly #clock: PacerClock;
  readonly #active = new Set<Track>();
  readonly #onTimer = (): void => this.#tick();
  #timer: { cancel(): void } | null = null;
  #armedForMs = Infinity;

  constructor(clock: PacerClock) {
    this.#clock = clock;
  }

  open(output: PacedOutput): PacedTrack {
    return new Track(output, this);
  }

  /** Sends what is due of a track, and sees to it that the rest follows. For tracks only. */
  kick(track: Track): void {
    const dueMs = track.release(this.#clock.nowMs());
    if (dueMs === Infinity) return;
    this.#active.add(track);
    this.#arm(dueMs);
  }

  /** For tracks only. */
  forget(track: Track): void {
    this.#active.delete(track);
    if (this.#active.size === 0) this.#disarm();
  }

  [Symbol.dispose](): void {
    for (const track of this.#active) track[Symbol.dispose]();
    this.#disarm();
  }

  #tick(): void {
    this.#timer = null;
    this.#armedForMs = Infinity;
    const nowMs = this.#clock.nowMs();
    let nextMs = Infinity;
    for (const track of this.#active) {
      const dueMs = track.release(nowMs);
      if (dueMs === Infinity) this.#active.delete(track);
      else if (dueMs < nextMs) nextMs = dueMs;
    }
    if (nextMs !== Infinity) this.#arm(nextMs);
  }

  #arm(dueMs: number): void {
    const slotMs = Math.ceil(dueMs / SLOT_MS) * SLOT_MS;
    if (slotMs >= this.#armedForMs) return;
    this.#timer?.cancel();
    this.#armedForMs = slotMs;
    this.#timer = this.#clock.setTimer(slotMs - this.#clock.nowMs(), this.#onTimer);
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#armedForMs = Infinity;
  }
}

class Track implements PacedTrack {
  readonly #output: PacedOutput;
  readonly #pacer: Pacer;
  readonly #frame: Uint8Array;
  readonly #bytesPerMs: number;
  readonly #leadMs: number;
  readonly #chunks: Uint8Array[] = [];
  /** Where the first chunk goes on. */
  #offset = 0;
  #queuedBytes = 0;
  /** When the far end will have played all that was sent. */
  #playEndMs = -Infinity;
  #closed = false;

  constructor(output: PacedOutput, pacer: Pacer) {
    this.#output = output;
    this.#pacer = pacer;
    this.#frame = new Uint8Array(bytesOf(output.format, FRAME_MS));
    this.#bytesPerMs = this.#frame.length / FRAME_MS;
    this.#leadMs = Math.max(LEAST_LEAD_MS, output.leadMs);
  }

  get queuedMs(): number {
    return this.#queuedBytes / this.#bytesPerMs;
  }

  write(audio: Uint8Array): boolean {
    if (this.#closed || audio.length === 0) return !this.#closed;
    if (this.queuedMs >= MOST_QUEUED_MS) return false;
    this.#chunks.push(audio);
    this.#queuedBytes += audio.length;
    this.#pacer.kick(this);
    return !this.#closed;
  }

  clear(flushed: boolean): void {
    this.#chunks.length = 0;
    this.#offset = 0;
    this.#queuedBytes = 0;
    if (flushed) this.#playEndMs = -Infinity;
    this.#pacer.forget(this);
  }

  /** Sends every frame that is due; returns when the next one is, or Infinity without one. */
  release(nowMs: number): number {
    while (this.#queuedBytes >= this.#frame.length && !this.#closed) {
      const dueMs = this.#playEndMs + FRAME_MS - this.#leadMs;
      if (dueMs > nowMs) return dueMs;
      this.#fill();
      const playAtMs = Math.max(this.#playEndMs, nowMs);
      this.#playEndMs = playAtMs + FRAME_MS;
      try {
        this.#output.send(this.#frame, playAtMs);
      } catch (error) {
        this[Symbol.dispose]();
        this.#output.failed(error);
      }
    }
    return Infinity;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.clear(false);
  }

  /** Moves the next frame out of the chunks; a frame may lie across several. */
  #fill(): void {
    let filled = 0;
    while (filled < this.#frame.length) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) break;
      const end = Math.min(chunk.length, this.#offset + this.#frame.length - filled);
      this.#frame.set(chunk.subarray(this.#offset, end), filled);
      filled += end - this.#offset;
      this.#offset = end;
      if (end === chunk.length) {
        this.#chunks.shift();
        this.#offset = 0;
      }
    }
    this.#queuedBytes -= filled;
  }
}
