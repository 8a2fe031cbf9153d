import { bytesOf, durationMs, FRAME_MS, silenceByte, type AudioFormat } from '../../media/audio-format.ts';
import { HeldAudio } from '../../media/held-audio.ts';
import { MOST_QUEUED_MS, type PacedTrack, type Pacer } from '../../media/pacer.ts';
import { MARK_GRACE_MS, Playout } from '../../media/playout.ts';
import type { MediaStream } from '../carriers/carrier.ts';
import type { MonotonicClock, Timer } from '../clock.ts';

export interface SpeakerOptions {
  readonly pacer: Pacer;
  readonly stream: MediaStream;
  readonly clock: MonotonicClock;
  /** Each frame as it will play; the bytes are reused. */
  readonly onFrame: (frame: Uint8Array, playAtMs: number) => void;
  /** The far end takes no audio any more, or the stream threw. */
  readonly onFault: (error: unknown) => void;
  /**
   * Where nothing may leave yet: told, perhaps again, once a frame would. All of it is kept until `letGo`. Null where
   * nothing is held back.
   */
  readonly onHeldBack?: (() => void) | null;
}

interface Watch {
  readonly positionMs: number;
  readonly run: () => void;
}

/** A mark at least this often, so that a cut is known this closely. */
const MARK_EVERY_MS = 500;
/** Audio that the network has not taken; past it frames are dropped until it does. */
const MOST_UNSENT_MS = 1_000;
/** A network that has taken nothing for so long is gone. */
const STALLED_MS = 10_000;
const ROUNDING_MS = 1;
/** Of what was sent so much can be sent again: what a lost mark leaves in doubt, and a word before it. */
const HELD_SENT_MS = 4_000;

/**
 * The agent's mouth: audio in the call's format goes in, paced frames and marks go out, and it knows what was heard.
 * Positions are milliseconds of audio since the stream began, less what was cut. The session closes it.
 */
export class Speaker implements Disposable {
  readonly #options: SpeakerOptions;
  readonly #track: PacedTrack;
  readonly #playout = new Playout();
  #held = new HeldAudio();
  /** How far it was heard when it was paused; null while it is not. */
  #pausedAtMs: number | null = null;
  /** Told of what may not leave; null once, or where, everything may. */
  #onHeldBack: (() => void) | null;
  /** How far it had been sent before a pause. */
  #sentMostMs = 0;
  readonly #frameBytes: number;
  readonly #mostUnsentBytes: number;
  #writtenMs = 0;
  /** Bytes of the last frame that is not whole yet. */
  #partialBytes = 0;
  #segmentEnds: number[] = [];
  #markedAtMs = 0;
  #marks = 0;
  #sentWatches: Watch[] = [];
  #heardWatches: Watch[] = [];
  #heardTimer: Timer | null = null;
  #blockedSinceMs: number | null = null;
  #closed = false;

  constructor(options: SpeakerOptions) {
    this.#options = options;
    this.#onHeldBack = options.onHeldBack ?? null;
    const { format, capabilities } = options.stream;
    this.#frameBytes = bytesOf(format, FRAME_MS);
    this.#mostUnsentBytes = bytesOf(format, MOST_UNSENT_MS);
    this.#track = options.pacer.open({
      format,
      leadMs: capabilities.leadMs,
      send: (frame, playAtMs) => this.#send(frame, playAtMs),
      failed: options.onFault,
    });
  }

  get format(): AudioFormat {
    return this.#options.stream.format;
  }

  /** Where the next audio will stand. */
  get writtenMs(): number {
    return this.#writtenMs;
  }

  get queuedMs(): number {
    if (this.#pausedAtMs !== null) return this.#writtenMs - this.#pausedAtMs;
    return this.#onHeldBack === null ? this.#track.queuedMs : this.#writtenMs;
  }

  get heardMs(): number {
    return this.#playout.heardMs(this.#options.clock.nowMs());
  }

  /** How much of it has been sent: all that can have sounded, whether or not a mark has told so. */
  get sentMs(): number {
    return Math.max(this.#sentMostMs, this.#playout.sentMs);
  }

  /**
   * When all that was written by now will have been played, by the clock: the past where nothing plays. Infinity while it
   * is paused, or held back.
   */
  get quietFromMs(): number {
    if (this.#pausedAtMs !== null || (this.#onHeldBack !== null && this.#writtenMs >= FRAME_MS)) return Infinity;
    const { queuedMs } = this.#track;
    const { playEndMs } = this.#playout;
    // What is less than a frame waits for its rest, and plays nothing meanwhile.
    return queuedMs < FRAME_MS ? playEndMs : Math.max(playEndMs, this.#options.clock.nowMs()) + queuedMs;
  }

  /** Keeps the bytes. False when a minute waits already: then nothing of it is taken. */
  write(audio: Uint8Array): boolean {
    if (this.#closed || this.queuedMs >= MOST_QUEUED_MS) return false;
    // Counted first: the first frames leave, and are looked at, while it is being written.
    this.#writtenMs += durationMs(this.#options.stream.format, audio.length);
    this.#partialBytes = (this.#partialBytes + audio.length) % this.#frameBytes;
    this.#held.push(audio);
    if (this.#onHeldBack !== null) {
      if (this.#held.bytes >= this.#frameBytes) this.#onHeldBack();
      return true;
    }
    return this.#pausedAtMs !== null || this.#track.write(audio);
  }

  /** What was held back may leave, and all that follows. Idempotent. */
  letGo(): void {
    if (this.#onHeldBack === null || this.#closed) return;
    this.#onHeldBack = null;
    if (this.#pausedAtMs === null) this.#goOn(0);
  }

  /** A segment ends here: a mark will tell when it has been heard. */
  endSegment(): void {
    this.#segmentEnds.push(this.#writtenMs);
  }

  /** Nothing follows soon: fills the last frame with silence, so that it leaves. */
  pad(): void {
    if (this.#partialBytes === 0) return;
    const { format } = this.#options.stream;
    this.write(new Uint8Array(this.#frameBytes - this.#partialBytes).fill(silenceByte(format)));
  }

  /** Runs `run` once, when the first frame past this position is given to the carrier. */
  whenSent(positionMs: number, run: () => void): void {
    this.#sentWatches.push({ positionMs, run });
    this.#checkSent();
  }

  /** When, by the clock, this position plays: exactly once it has been given to the carrier (see `whenSent`). */
  playsAtMs(positionMs: number): number {
    return this.#playout.playEndMs - (this.#playout.sentMs - positionMs);
  }

  /** Runs `run` once, when everything before this position has been heard; a lost mark delays it by a moment only. */
  whenHeard(positionMs: number, run: () => void): void {
    this.#heardWatches.push({ positionMs, run });
    this.#checkHeard();
  }

  heardMark(name: string): void {
    this.#playout.heardMark(name);
    this.#checkHeard();
  }

  /** Silence at once, as with `cut`; but what was not heard is kept, and so is what is still written. Idempotent. */
  pause(): void {
    if (this.#pausedAtMs !== null) return;
    this.#sentMostMs = this.sentMs;
    this.#pausedAtMs = this.#silence();
    this.#heardTimer?.cancel();
    this.#heardTimer = null;
  }

  /** Goes on from this position, or up to a frame before it. Without effect where it is not paused. */
  resume(fromMs: number): void {
    if (this.#pausedAtMs === null) return;
    this.#pausedAtMs = null;
    if (this.#onHeldBack === null) this.#goOn(fromMs);
  }

  /** Silence at once: drops what waits, and what the carrier holds where it can. Returns how far it was heard. */
  cut(): number {
    const heardMs = this.#pausedAtMs ?? this.#silence();
    this.#pausedAtMs = null;
    this.#held = new HeldAudio();
    this.#sentMostMs = heardMs;
    this.#writtenMs = heardMs;
    this.#markedAtMs = heardMs;
    this.#partialBytes = 0;
    this.#segmentEnds = [];
    this.#sentWatches = [];
    this.#heardWatches = [];
    this.#heardTimer?.cancel();
    this.#heardTimer = null;
    return heardMs;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#track[Symbol.dispose]();
    this.#heardTimer?.cancel();
    this.#heardTimer = null;
    this.#sentWatches = [];
    this.#heardWatches = [];
  }

  #goOn(fromMs: number): void {
    // Frames begin where they began before, so that samples stay whole and the last frame stays filled.
    const wanted = bytesOf(this.#options.stream.format, this.#writtenMs - fromMs);
    const frames = Math.ceil(Math.max(0, wanted - this.#partialBytes) / this.#frameBytes);
    const audio = this.#held.last(frames * this.#frameBytes + this.#partialBytes);
    this.#markedAtMs = this.#writtenMs - durationMs(this.#options.stream.format, audio.length);
    this.#playout.goOnFrom(this.#markedAtMs);
    this.#track.write(audio);
    this.#checkHeard();
  }

  #silence(): number {
    const flushed = this.#options.stream.capabilities.clear;
    this.#track.clear(flushed);
    if (flushed && !this.#closed) this.#options.stream.clear();
    return this.#playout.cut(this.#options.clock.nowMs(), flushed);
  }

  #send(frame: Uint8Array, playAtMs: number): void {
    this.#playout.sent(playAtMs, FRAME_MS);
    if (!this.#isBlocked()) {
      this.#options.stream.sendAudio(frame);
      this.#options.onFrame(frame, playAtMs);
      this.#mark();
    }
    if (this.#sentWatches.length > 0) this.#checkSent();
  }

  /** Real time goes on while the network is blocked: the oldest audio is what is dropped. */
  #isBlocked(): boolean {
    if (this.#options.stream.bufferedBytes <= this.#mostUnsentBytes) {
      this.#blockedSinceMs = null;
      return false;
    }
    const nowMs = this.#options.clock.nowMs();
    this.#blockedSinceMs ??= nowMs;
    if (nowMs - this.#blockedSinceMs > STALLED_MS) throw new Error('the stream takes no audio');
    return true;
  }

  #mark(): void {
    const sentMs = this.#playout.sentMs;
    const end = this.#segmentEnds[0];
    const ended = end !== undefined && sentMs >= end - ROUNDING_MS;
    if (ended) this.#segmentEnds.shift();
    const isLast = this.#track.queuedMs < FRAME_MS;
    if (!ended && !isLast && sentMs - this.#markedAtMs < MARK_EVERY_MS) return;
    this.#markedAtMs = sentMs;
    this.#held.keep(bytesOf(this.#options.stream.format, this.#writtenMs - sentMs + HELD_SENT_MS));
    const name = `m${(this.#marks += 1)}`;
    this.#playout.marked(name, this.#options.clock.nowMs());
    this.#options.stream.sendMark(name);
    if (isLast && this.#heardWatches.length > 0) this.#armHeardTimer();
  }

  #checkSent(): void {
    if (!this.#sentWatches.some((watch) => this.#playout.sentMs > watch.positionMs)) return;
    const due = this.#sentWatches.filter((watch) => this.#playout.sentMs > watch.positionMs);
    this.#sentWatches = this.#sentWatches.filter((watch) => !due.includes(watch));
    for (const watch of due) watch.run();
  }

  #checkHeard(): void {
    const { heardMs } = this;
    const due = this.#heardWatches.filter((watch) => heardMs >= watch.positionMs - ROUNDING_MS);
    this.#heardWatches = this.#heardWatches.filter((watch) => !due.includes(watch));
    for (const watch of due) watch.run();
    if (this.#pausedAtMs !== null || this.#onHeldBack !== null || this.#heardWatches.length === 0) return;
    if (this.#track.queuedMs < FRAME_MS) this.#armHeardTimer();
  }

  /** Everything is sent: if its mark never comes, the clock says when it was heard. */
  #armHeardTimer(): void {
    this.#heardTimer?.cancel();
    const { clock } = this.#options;
    const inMs = Math.max(0, this.#playout.playEndMs - clock.nowMs()) + MARK_GRACE_MS + ROUNDING_MS;
    this.#heardTimer = clock.setTimer(inMs, () => {
      this.#heardTimer = null;
      this.#checkHeard();
    });
  }
}
