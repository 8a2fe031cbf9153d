import { RingbackError } from '../errors.ts';
import type { TtsVoice, Utterance, UtteranceEvents } from './tts.ts';

/**
 * Speaks one segment: gives its audio through `onAudio` and resolves when all was given; rejects when it failed. When
 * `signal` aborts it settles soon, whichever way.
 */
export type SpeakSegment = (
  text: string,
  options: { readonly signal: AbortSignal; readonly onAudio: (audio: Uint8Array) => void },
) => Promise<void>;

/** Asks which words of a segment were heard, of whose audio `heardMs` were. Called before what is spoken is stopped. */
export type AlignSegment = (text: string, heardMs: number) => Promise<string | undefined>;

/** Text that may wait in one utterance: some ten minutes of speech. Past it the utterance fails with `queue_full`. */
const MOST_WAITING_CHARACTERS = 10_000;
const MOST_WAITING_SEGMENTS = 256;

/**
 * The rules of `TtsVoice` for an engine that speaks one segment at a time: order, ends, cancelling, one utterance after
 * the other. Opening an utterance finishes the one before it, whose words are spoken first. An aborted `signal` and
 * disposing cancel everything; utterances opened after that stay silent. Whoever opens it disposes it.
 */
export function openSegmentVoice(
  name: string,
  speak: SpeakSegment,
  signal: AbortSignal,
  align?: AlignSegment,
): TtsVoice {
  const open = new Set<SegmentUtterance>();
  let last: SegmentUtterance | undefined;
  let closed = false;

  const close = (): void => {
    closed = true;
    signal.removeEventListener('abort', close);
    for (const utterance of open) utterance.cancel();
  };
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();

  return {
    utter(events) {
      const utterance = new SegmentUtterance(name, speak, events, align);
      if (closed) {
        utterance.cancel();
        return utterance;
      }
      last?.finish();
      open.add(utterance);
      void utterance.run(last?.over).finally(() => open.delete(utterance));
      last = utterance;
      return utterance;
    },
    [Symbol.dispose]: close,
  };
}

class SegmentUtterance implements Utterance {
  readonly #name: string;
  readonly #speak: SpeakSegment;
  readonly #events: UtteranceEvents;
  readonly #align: AlignSegment | undefined;
  /** What was spoken, or is; bounded by what an utterance may hold. */
  readonly #spoken: string[] = [];
  readonly #stop = new AbortController();
  readonly #over = Promise.withResolvers<void>();
  readonly #waiting: string[] = [];
  #waitingCharacters = 0;
  #finished = false;
  #overflown = false;
  #news = Promise.withResolvers<void>();

  constructor(name: string, speak: SpeakSegment, events: UtteranceEvents, align: AlignSegment | undefined) {
    this.#align = align;
    this.#name = name;
    this.#speak = speak;
    this.#events = events;
  }

  /** Resolves when nothing of it comes any more. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  push(segmentText: string): void {
    if (this.#finished || this.#stop.signal.aborted) return;
    this.#waiting.push(segmentText);
    this.#waitingCharacters += segmentText.length;
    this.#overflown ||=
      this.#waiting.length > MOST_WAITING_SEGMENTS || this.#waitingCharacters > MOST_WAITING_CHARACTERS;
    this.#news.resolve();
  }

  finish(): void {
    this.#finished = true;
    this.#news.resolve();
  }

  cancel(): void {
    this.#stop.abort(new RingbackError('call_ended'));
    this.#waiting.length = 0;
    this.#news.resolve();
  }

  async interrupt(segment: number, heardMs: number): Promise<string | undefined> {
    const text = this.#spoken[segment];
    // Only of the last is anything known; and of an utterance that was cancelled nobody asks any more.
    const isLast = segment === this.#spoken.length - 1 && !this.#stop.signal.aborted;
    const heard = text === undefined || !isLast ? undefined : this.#align?.(text, heardMs);
    this.cancel();
    return heard;
  }

  /** Speaks what is pushed, in order, once the utterance before it is over. */
  async run(before: Promise<void> | undefined): Promise<void> {
    const { signal } = this.#stop;
    try {
      await before;
      for (let segment = 0; ; segment += 1) {
        const text = await this.#next();
        if (signal.aborted) return;
        if (text === undefined) return this.#events.onEnd();
        this.#spoken.push(text);
        await this.#speak(text, {
          signal,
          onAudio: (audio) => {
            if (!signal.aborted) this.#events.onAudio(segment, audio);
          },
        });
        if (signal.aborted) return;
        this.#events.onSegmentEnd(segment);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.cancel();
      this.#events.onError(error instanceof Error ? error : new RingbackError('vendor_failed', [this.#name, 'speech']));
    } finally {
      this.#over.resolve();
    }
  }

  /** The next segment; undefined at the end. */
  async #next(): Promise<string | undefined> {
    for (;;) {
      this.#news = Promise.withResolvers<void>();
      if (this.#overflown) throw new RingbackError('queue_full', [`${this.#name}'s text`]);
      const text = this.#waiting.shift();
      if (text !== undefined) {
        this.#waitingCharacters -= text.length;
        return text;
      }
      if (this.#finished || this.#stop.signal.aborted) return undefined;
      await this.#news.promise;
    }
  }
}
