import { bytesOf, type AudioFormat } from '../../media/audio-format.ts';
import type { MonotonicClock } from '../clock.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Tts } from '../tts/tts.ts';
import { allSentencesOf } from './sentences.ts';
import { Voice } from './voice.ts';

/** The voice and the line for which sentences are made. */
export interface PhraseVoice {
  readonly tts: Tts;
  readonly voice: string | null;
  readonly language: string;
  readonly format: AudioFormat;
}

/** The sentences that the agent says by itself, as audio that is there already. */
export interface Phrases {
  /** In the call's format; null while it is not made, or can't be. The bytes are shared: nobody writes to them. */
  audioOf(sentence: string): Uint8Array | null;
}

export interface PhraseBooksOptions {
  readonly clock: MonotonicClock;
  readonly log: Log;
  /** The voice of this machine, which speaks when no vendor does; null where it has none. Never rejects. */
  readonly spare: () => Promise<Tts | null>;
}

interface Book {
  readonly own: Map<string, Uint8Array>;
  readonly spare: Map<string, Uint8Array>;
  isMaking: boolean;
  madeMs: number;
}

/** Voices whose sentences are kept, each some 200 kB on a telephone: the one that was not used for longest goes. */
const MOST_BOOKS = 32;
/** All sentences of one voice are spoken within this, or what is there by then is kept. */
const MAKE_WITHIN_MS = 20_000;
/** A voice that failed is asked again by the next call after this. */
const AGAIN_AFTER_MS = 30_000;
/** No sentence of ours is longer. */
const LONGEST_MS = 15_000;

/**
 * Keeps the agent's own sentences spoken, so that they need no vendor in the moment in which one fails or is slow: in the
 * agent's voice, and in that of this machine for when the agent's never came. Made once a voice and format, when the first
 * call uses it. Whoever opens it closes it.
 */
export class PhraseBooks implements Disposable {
  readonly #options: PhraseBooksOptions;
  readonly #books = new Map<string, Book>();
  readonly #stop = new AbortController();
  #spare: Tts | null = null;

  constructor(options: PhraseBooksOptions) {
    this.#options = options;
  }

  /** The voice of this machine, once it was asked for and has come up. */
  get spare(): Tts | null {
    return this.#spare;
  }

  /** What there is for this voice, now and later; begins to make what is missing. Never throws. */
  of(voice: PhraseVoice): Phrases {
    const { encoding, sampleRateHz } = voice.format;
    const key = [voice.tts.name, voice.voice ?? '', voice.language, encoding, sampleRateHz].join('|');
    const book: Book = this.#books.get(key) ?? { own: new Map(), spare: new Map(), isMaking: false, madeMs: -Infinity };
    this.#books.delete(key);
    this.#books.set(key, book);
    const [oldest] = this.#books.keys();
    if (this.#books.size > MOST_BOOKS && oldest !== undefined) this.#books.delete(oldest);
    void this.#make(book, voice);
    return { audioOf: (sentence) => book.own.get(sentence) ?? book.spare.get(sentence) ?? null };
  }

  [Symbol.dispose](): void {
    this.#stop.abort(new RingbackError('stopping'));
    this.#books.clear();
  }

  /** Never rejects. */
  async #make(book: Book, voice: PhraseVoice): Promise<void> {
    const { clock, spare } = this.#options;
    const sentences = allSentencesOf(voice.language);
    const isWhole = book.own.size === sentences.length;
    if (book.isMaking || (isWhole && this.#spare !== null) || clock.nowMs() - book.madeMs < AGAIN_AFTER_MS) return;
    book.isMaking = true;
    const own = isWhole ? null : this.#speak(voice, sentences, book.own);
    // One that could not come up is asked for again as well.
    this.#spare ??= await spare();
    if (this.#spare !== null && book.spare.size < sentences.length)
      await this.#speak({ ...voice, tts: this.#spare, voice: null }, sentences, book.spare);
    await own;
    book.isMaking = false;
    book.madeMs = clock.nowMs();
  }

  /** Says all of it once, into the book; what fails is left out. Never rejects. */
  async #speak(voice: PhraseVoice, sentences: readonly string[], into: Map<string, Uint8Array>): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stop;
    if (signal.aborted) return;
    const over = Promise.withResolvers<void>();
    const stop = (): void => over.resolve();
    signal.addEventListener('abort', stop, { once: true });
    const timer = clock.setTimer(MAKE_WITHIN_MS, stop);
    const failed = (): void => {
      log.warn({ vendor: voice.tts.name }, 'a voice could not speak its sentences in advance');
      stop();
    };
    const mostBytes = bytesOf(voice.format, LONGEST_MS);
    try {
      using speaker = new Voice({ ...voice, signal });
      let chunks: Uint8Array[] = [];
      let bytes = 0;
      const utterance = speaker.utter({
        onAudio(_segment, audio) {
          bytes += audio.length;
          if (bytes <= mostBytes) chunks.push(audio);
        },
        onSegmentEnd(segment) {
          const sentence = sentences[segment];
          if (sentence !== undefined && bytes > 0 && bytes <= mostBytes) into.set(sentence, Buffer.concat(chunks));
          chunks = [];
          bytes = 0;
        },
        onEnd: stop,
        onError: failed,
      });
      for (const sentence of sentences) utterance.push(sentence);
      utterance.finish();
      await over.promise;
      utterance.cancel();
    } catch {
      failed();
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', stop);
    }
  }
}
