import { bytesOf, durationMs, FRAME_MS, silenceByte, type AudioFormat } from '../../media/audio-format.ts';
import type { MonotonicClock, Timer } from '../clock.ts';

export interface StandingSilenceOptions {
  readonly format: AudioFormat;
  /** The carrier sends nothing while nobody speaks: silence stands for every moment in which nothing comes. */
  readonly everyMoment: boolean;
  readonly clock: MonotonicClock;
  /** Silence in place of what did not come. The bytes are used again. */
  readonly onSilence: (audio: Uint8Array) => void;
}

/** How often it is looked whether anything has come. */
const LOOK_EVERY_MS = 100;
/** What is missing for no longer than this is only late. */
const LATE_MS = 60;
/** A process that stood still for longer does not make up for all of it. */
const LONGEST_MS = 1_000;

/**
 * The silence that stands for audio which did not come, so that whoever listens keeps the time: an STT that gets none
 * closes its stream, or takes words before and after a gap for one, and a pause that is never heard ends no turn. It is
 * only listened to: a recording is laid out by when audio came, and has its own silence. The session closes it.
 */
export class StandingSilence implements Disposable {
  readonly #options: StandingSilenceOptions;
  /** Made when it is needed first: most calls need none. */
  #silence: Uint8Array | null = null;
  readonly #frameBytes: number;
  /** Up to when they have been heard, or silence stands; only looked at where it stands for every moment. */
  #untilMs: number;
  #timer: Timer | null = null;

  constructor(options: StandingSilenceOptions) {
    this.#options = options;
    const { format, clock, everyMoment } = options;
    this.#frameBytes = bytesOf(format, FRAME_MS);
    this.#untilMs = clock.nowMs();
    if (everyMoment) this.#look();
  }

  /** So many bytes are about to be listened to. */
  came(byteLength: number): void {
    const { everyMoment, format, clock } = this.#options;
    if (!everyMoment) return;
    const beganMs = clock.nowMs() - durationMs(format, byteLength);
    this.#stand(beganMs - this.#untilMs);
    // What comes in a burst was spoken over the time that follows it, as far as anybody can tell.
    this.#untilMs = Math.max(this.#untilMs, beganMs) + durationMs(format, byteLength);
  }

  /** So much was lost on the way. */
  lost(lostMs: number): void {
    this.#stand(lostMs);
    this.#untilMs += lostMs;
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #look(): void {
    const { clock } = this.#options;
    this.#timer = clock.setTimer(LOOK_EVERY_MS, () => {
      const missingMs = clock.nowMs() - this.#untilMs;
      if (missingMs > LATE_MS) {
        this.#stand(missingMs);
        this.#untilMs = clock.nowMs();
      }
      this.#look();
    });
  }

  /** In whole frames, as a carrier sends them. */
  #stand(ms: number): void {
    const frames = Math.floor(Math.min(LONGEST_MS, ms) / FRAME_MS);
    if (frames <= 0) return;
    const { format, onSilence } = this.#options;
    this.#silence ??= new Uint8Array(bytesOf(format, LONGEST_MS)).fill(silenceByte(format));
    onSilence(this.#silence.subarray(0, frames * this.#frameBytes));
  }
}
