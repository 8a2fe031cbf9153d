import type { AudioFormat } from '../../media/audio-format.ts';
import { areKeys, dtmfTones } from '../../media/dtmf-tones.ts';
import type { Utterance, UtteranceEvents } from '../tts/tts.ts';
import type { SpeechSource } from './speech.ts';
import { keysIn } from './turns/keyed-words.ts';

/** Around a voice: segments that are keys of a telephone sound as such, in their place among the words. */
export function voiceWithKeys(voice: SpeechSource, format: AudioFormat): SpeechSource {
  return {
    name: voice.name,
    reopen: () => voice.reopen(),
    utter: (events) => new KeyUtterance(voice, format, events),
  };
}

/** A segment of ours: one of the voice's own, or keys. */
type Segment = { readonly keys: null; readonly voiced: number } | { readonly keys: string; readonly voiced: null };

class KeyUtterance implements Utterance {
  readonly #format: AudioFormat;
  readonly #events: UtteranceEvents;
  readonly #inner: Utterance;
  readonly #segments: Segment[] = [];
  /** For each segment of the voice, which of ours it is. */
  readonly #ours: number[] = [];
  /** Segments before this one have been given, all their audio. */
  #next = 0;
  #isFinished = false;
  #isOver = false;
  readonly interrupt?: (segment: number, heardMs: number) => Promise<string | undefined>;

  constructor(voice: SpeechSource, format: AudioFormat, events: UtteranceEvents) {
    this.#format = format;
    this.#events = events;
    this.#inner = voice.utter({
      onAudio: (segment, audio) => events.onAudio(this.#ours[segment] ?? segment, audio),
      onSegmentEnd: (segment) => this.#ended(this.#ours[segment] ?? segment),
      onEnd: () => this.#whole(),
      onError: (error) => this.#failed(error),
    });
    const inner = this.#inner;
    if (inner.interrupt === undefined) return;
    this.interrupt = async (segment, heardMs) => {
      this.#isOver = true;
      const voiced = this.#segments[segment]?.voiced ?? null;
      if (voiced !== null) return inner.interrupt?.(voiced, heardMs);
      inner.cancel();
      return undefined;
    };
  }

  push(text: string): void {
    const keys = keysIn(text);
    if (keys !== null && areKeys(keys)) {
      this.#segments.push({ keys, voiced: null });
      // In a turn of its own: who pushes is not called back before that has returned.
      queueMicrotask(() => this.#give());
      return;
    }
    this.#segments.push({ keys: null, voiced: this.#ours.length });
    this.#ours.push(this.#segments.length - 1);
    this.#inner.push(text);
  }

  finish(): void {
    this.#isFinished = true;
    // A voice that was given no words has nothing to end.
    if (this.#ours.length > 0) return this.#inner.finish();
    queueMicrotask(() => this.#whole());
  }

  cancel(): void {
    this.#isOver = true;
    this.#inner.cancel();
  }

  #ended(segment: number): void {
    this.#next = Math.max(this.#next, segment + 1);
    this.#events.onSegmentEnd(segment);
    this.#give();
  }

  /** The keys whose turn it is. */
  #give(): void {
    for (let segment = this.#segments[this.#next]; segment !== undefined; segment = this.#segments[this.#next]) {
      if (this.#isOver || segment.keys === null) return;
      const own = this.#next;
      this.#next += 1;
      this.#events.onAudio(own, dtmfTones(segment.keys, this.#format));
      if (!this.#isOver) this.#events.onSegmentEnd(own);
    }
  }

  #whole(): void {
    if (this.#isOver || !this.#isFinished) return;
    // A voice may leave out the end of its last segment.
    const keys = this.#segments.findIndex((segment, index) => index >= this.#next && segment.keys !== null);
    if (keys >= 0) this.#next = keys;
    this.#give();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.onEnd();
  }

  #failed(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.onError(error);
  }
}
