import { audibleFromMs } from '../../media/audible.ts';
import { heardText, type SpokenSegment } from '../../media/playout.ts';
import type { MonotonicClock, Timer } from '../clock.ts';
import { RingbackError } from '../errors.ts';
import type { Utterance, UtteranceEvents } from '../tts/tts.ts';
import type { Speaker } from './speaker.ts';

/** Where the audio comes from. */
export interface SpeechSource {
  readonly name: string;
  utter(events: UtteranceEvents): Utterance;
  /** The source failed: `utter` anew after this. */
  reopen(): void;
}

export interface SpeechOptions {
  readonly source: SpeechSource;
  readonly speaker: Speaker;
  readonly clock: MonotonicClock;
  /** Without any audio for so long the voice counts as failed, as things stand now; 6 s unless told. */
  readonly stallMs?: () => number;
  readonly events: SpeechEvents;
}

export interface SpeechEvents {
  /** The first audio has come from the voice. */
  onFirstByte(): void;
  /** The first frame of a part was given to the carrier. */
  onPartBegun(part: number): void;
  /** The first sound of a part, after whatever silence its audio begins with, plays at this time of the clock. */
  onAudible(part: number, playsAtMs: number): void;
  /** All of a part has been heard. */
  onPartHeard(part: number): void;
  /** All that was pushed has been heard, after `finish`. */
  onHeard(): void;
  /** The voice failed twice; nothing comes after it. */
  onFault(error: Error): void;
}

interface Segment {
  readonly text: string;
  readonly part: number;
  startMs: number | null;
  endMs: number | null;
  writtenMs: number;
  /** Where its audio stood that broke off, while it is being said again: what was heard of that was heard. */
  torn: { readonly startMs: number; readonly writtenMs: number } | null;
}

/** Without any audio for so long a voice counts as failed. */
export const STALL_MS = 6_000;
/** How often that is looked at: what stands in for the voice may have come up meanwhile. */
const LOOK_MS = 1_000;
/** The voice is given no more text while so much waits: the rest waits as text. */
const MOST_AHEAD_SEGMENTS = 4;
const MOST_AHEAD_MS = 30_000;

/**
 * One utterance on its way from text to ear: clauses go to the voice, audio to the speaker. Clauses belong to parts (the
 * agent's turns between tool calls). A voice that fails is opened anew once and repeats the sentence.
 */
export class Speech {
  readonly #options: SpeechOptions;
  readonly #segments: Segment[] = [];
  readonly #begun = new Set<number>();
  /** Parts of which a sound has come. */
  readonly #audible = new Set<number>();
  #utterance: Utterance;
  /** Segments that were given to the voice; and how many the present utterance's first one is away from the start. */
  #given = 0;
  #base = 0;
  #ended = 0;
  #finished = false;
  /** The voice has given all its audio. */
  #isWhole = false;
  #over = false;
  #anyAudio = false;
  #faults = 0;
  #progressMs = 0;
  #stall: Timer | null = null;

  constructor(options: SpeechOptions) {
    this.#options = options;
    this.#utterance = this.#utter();
  }

  push(text: string, part: number): void {
    if (this.#over || this.#finished) return;
    this.#segments.push({ text, part, startMs: null, endMs: null, writtenMs: 0, torn: null });
    this.#feed();
  }

  /** No more text comes. */
  finish(): void {
    if (this.#over || this.#finished) return;
    this.#finished = true;
    this.#feed();
  }

  /** Stops the voice; the caller cuts the speaker. Nothing comes after it. Idempotent. */
  stop(): void {
    this.#over = true;
    this.#stall?.cancel();
    this.#stall = null;
    this.#utterance.cancel();
  }

  /**
   * Stops the voice where the caller cut in, and asks it what was heard of the part that sounded then. Null where nothing
   * sounded, or the voice can't be asked.
   */
  interrupt(heardMs: number): { part: number; heard: Promise<string | undefined> } | null {
    const index = this.#segments.findIndex(
      ({ startMs, endMs }) => startMs !== null && startMs < heardMs && (endMs === null || heardMs < endMs),
    );
    const segment = this.#segments[index];
    const words =
      segment === undefined || segment.startMs === null || index < this.#base
        ? undefined
        : this.#utterance.interrupt?.(index - this.#base, heardMs - segment.startMs);
    this.stop();
    if (segment === undefined || words === undefined) return null;
    const before = this.#segments.slice(0, index).filter(({ part }) => part === segment.part);
    const whole = before.map(({ text }) => text).join(' ');
    return {
      part: segment.part,
      heard: words.then((text) => (text === undefined ? undefined : `${whole} ${text}`.trim())),
    };
  }

  /** Its clauses as they stand in the agent's audio. */
  get segments(): readonly SpokenSegment[] {
    return this.#segments;
  }

  /** Nothing follows what has been written by now. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Words were given to the voice whose audio has not come, or not all of it. */
  get owesAudio(): boolean {
    return this.#given > this.#ended;
  }

  /** What was heard of a part when the far end had come to `heardMs`. */
  heardOf(part: number, heardMs: number): string {
    const own = this.#segments.filter((segment) => segment.part === part);
    const sounded = own.map((segment) => (segment.startMs === null ? { ...segment, ...segment.torn } : segment));
    return heardText(sounded, heardMs);
  }

  #utter(): Utterance {
    // Events of an utterance that was given up are none.
    const base = this.#base;
    const faults = this.#faults;
    const current = (): boolean => !this.#over && faults === this.#faults;
    return this.#options.source.utter({
      onAudio: (segment, audio) => current() && this.#onAudio(base + segment, audio),
      onSegmentEnd: (segment) => current() && this.#onSegmentEnd(base + segment),
      onEnd: () => current() && this.#onEnd(),
      onError: (error) => current() && this.#onFault(error),
    });
  }

  /** A voice that throws has failed like one that says so. */
  #feed(): void {
    try {
      this.#give();
    } catch (error) {
      this.#onFault(
        error instanceof Error ? error : new RingbackError('vendor_failed', [this.#options.source.name, 'speech']),
      );
    }
  }

  #give(): void {
    const { speaker } = this.#options;
    while (this.#given < this.#segments.length) {
      if (this.#given - this.#ended >= MOST_AHEAD_SEGMENTS) return;
      if (speaker.queuedMs > MOST_AHEAD_MS) {
        speaker.whenSent(speaker.writtenMs - MOST_AHEAD_MS / 2, () => !this.#over && this.#feed());
        return;
      }
      const segment = this.#segments[this.#given];
      if (segment === undefined) return;
      if (this.#given === this.#ended) this.#progressMs = this.#options.clock.nowMs();
      this.#given += 1;
      this.#watch();
      this.#utterance.push(segment.text);
      if (this.#over) return;
    }
    if (!this.#finished || this.#isWhole) return;
    if (this.#given === this.#ended) this.#progressMs = this.#options.clock.nowMs();
    this.#watch();
    this.#utterance.finish();
  }

  #onAudio(index: number, audio: Uint8Array): void {
    const segment = this.#segments[index];
    if (segment === undefined || audio.length === 0) return;
    const { speaker, events, clock } = this.#options;
    this.#progressMs = clock.nowMs();
    if (!this.#anyAudio) {
      this.#anyAudio = true;
      events.onFirstByte();
    }
    segment.startMs ??= speaker.writtenMs;
    if (!this.#begun.has(segment.part)) {
      this.#begun.add(segment.part);
      speaker.whenSent(segment.startMs, () => !this.#over && events.onPartBegun(segment.part));
    }
    if (!this.#audible.has(segment.part)) this.#listenFor(segment.part, audio);
    if (!speaker.write(audio)) return this.#onFault(new RingbackError('queue_full', ['speech']));
    segment.writtenMs = speaker.writtenMs;
  }

  #listenFor(part: number, audio: Uint8Array): void {
    const { speaker, events } = this.#options;
    const fromMs = audibleFromMs(speaker.format, audio);
    if (fromMs === null) return;
    this.#audible.add(part);
    const positionMs = speaker.writtenMs + fromMs;
    speaker.whenSent(positionMs, () => !this.#over && events.onAudible(part, speaker.playsAtMs(positionMs)));
  }

  #onSegmentEnd(index: number): void {
    const { speaker, clock } = this.#options;
    this.#progressMs = clock.nowMs();
    // Also those before it, should the voice have left one out.
    while (this.#ended <= index) {
      const segment = this.#segments[this.#ended];
      this.#ended += 1;
      if (segment !== undefined) this.#close(segment);
    }
    if (this.#ended === this.#given) speaker.pad();
    speaker.endSegment();
    this.#watch();
    this.#feed();
  }

  /** The end of a segment may be the end of its part: then it is watched until it has been heard. */
  #close(segment: Segment): void {
    const { speaker, events } = this.#options;
    segment.startMs ??= speaker.writtenMs;
    segment.endMs = speaker.writtenMs;
    const { part } = segment;
    const endMs = segment.endMs;
    speaker.whenHeard(endMs, () => {
      if (!this.#over && this.#isPartWhole(part, endMs)) events.onPartHeard(part);
    });
  }

  /** A part is whole when a later one has begun or nothing more comes; an end that was not its last says nothing. */
  #isPartWhole(part: number, endMs: number): boolean {
    const own = this.#segments.filter((segment) => segment.part === part);
    if (own.some((segment) => segment.endMs === null || segment.endMs > endMs)) return false;
    return this.#segments.some((segment) => segment.part > part);
  }

  #onEnd(): void {
    const { speaker, events } = this.#options;
    while (this.#ended < this.#given) {
      const segment = this.#segments[this.#ended];
      this.#ended += 1;
      if (segment !== undefined) this.#close(segment);
    }
    if (!this.#anyAudio && this.#segments.length > 0) {
      return this.#onFault(new RingbackError('vendor_failed', [this.#options.source.name, 'no audio came']));
    }
    this.#isWhole = true;
    this.#stall?.cancel();
    this.#stall = null;
    speaker.pad();
    speaker.endSegment();
    speaker.whenHeard(speaker.writtenMs, () => {
      if (this.#over) return;
      this.#over = true;
      events.onHeard();
    });
  }

  /** Opens the voice anew and repeats from the sentence that failed; the second time it is over. */
  #onFault(error: Error): void {
    if (this.#over) return;
    this.#utterance.cancel();
    // It may have broken off in the middle of a sample.
    this.#options.speaker.pad();
    this.#faults += 1;
    if (this.#faults > 1) {
      this.stop();
      return this.#options.events.onFault(error);
    }
    try {
      const from = Math.min(this.#ended, Math.max(0, this.#segments.length - 1));
      for (const segment of this.#segments.slice(from)) {
        const { startMs, writtenMs } = segment;
        if (startMs !== null) segment.torn = { startMs, writtenMs };
        Object.assign(segment, { startMs: null, endMs: null });
      }
      this.#ended = from;
      this.#given = from;
      this.#base = from;
      this.#options.source.reopen();
      this.#utterance = this.#utter();
    } catch (second) {
      this.stop();
      return this.#options.events.onFault(second instanceof Error ? second : error);
    }
    this.#progressMs = this.#options.clock.nowMs();
    this.#feed();
  }

  get #stallMs(): number {
    return this.#options.stallMs?.() ?? STALL_MS;
  }

  /** One timer, looked at when it fires: audio comes too often to arm it each time. */
  #watch(): void {
    const { clock, source } = this.#options;
    if (this.#stall !== null || this.#over) return;
    const leftMs = Math.max(1, Math.min(LOOK_MS, this.#progressMs + this.#stallMs - clock.nowMs()));
    this.#stall = clock.setTimer(leftMs, () => {
      this.#stall = null;
      if (this.#over) return;
      const isFinishing = this.#finished && this.#given === this.#segments.length;
      if (this.#isWhole || !(isFinishing || this.#given > this.#ended)) return;
      const stallMs = this.#stallMs;
      if (clock.nowMs() - this.#progressMs >= stallMs)
        return this.#onFault(new RingbackError('vendor_deadline', [source.name, stallMs]));
      this.#watch();
    });
  }
}
