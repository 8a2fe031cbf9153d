import type { SpokenSegment } from '../../../media/playout.ts';
import type { MonotonicClock, Timer } from '../../clock.ts';
import { RingbackError } from '../../errors.ts';
import type { Speaker } from '../speaker.ts';
import { Speech, type SpeechSource } from '../speech.ts';

export interface FillerOptions {
  readonly clock: MonotonicClock;
  readonly speaker: Speaker;
  readonly source: SpeechSource;
  /** Each is said at most once, in this order; then there are none. */
  readonly sentences: readonly string[];
  /** Says it among the answer's own words, where those have begun; false where they have not. */
  readonly sayWithin: (sentence: string) => boolean;
  /** One that was not said within begins to sound. */
  readonly onSpeaking: () => void;
}

/** So long we owe words before one is said. With what a voice needs to begin, the silence stays below three seconds. */
const OWED_MS = 2_400;

/**
 * Short sentences for the time in which the agent's words are awaited: the model or a tool is slow. One that does not
 * sound yet when words come is dropped; one that does is finished, and the words follow it. They are no part of the
 * answer. The turn closes it.
 */
export class Filler implements Disposable {
  readonly #options: FillerOptions;
  readonly #speeches: Speech[] = [];
  #said = 0;
  #timer: Timer | null = null;
  /** The one that is being said. */
  #current: { readonly speech: Speech; sounds: boolean } | null = null;
  #isOwed = false;
  #hasSounded = false;

  constructor(options: FillerOptions) {
    this.#options = options;
  }

  get hasSounded(): boolean {
    return this.#hasSounded;
  }

  get segments(): readonly SpokenSegment[] {
    return this.#speeches.flatMap((speech) => speech.segments);
  }

  /** From now on we owe words, and none are on their way. */
  owe(): void {
    this.#isOwed = true;
    if (this.#timer !== null || this.#current !== null) return;
    if (this.#said >= this.#options.sentences.length) return;
    this.#timer = this.#options.clock.setTimer(OWED_MS, () => {
      this.#timer = null;
      this.#say();
    });
  }

  /** Words are on their way, or none will come. */
  answered(): void {
    this.#isOwed = false;
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#current?.sounds !== false) return;
    this.#current.speech.stop();
    // Nothing of it was heard, nor will be.
    this.#speeches.pop();
    this.#current = null;
  }

  [Symbol.dispose](): void {
    this.answered();
    this.#current?.speech.stop();
    this.#current = null;
  }

  #say(): void {
    const { clock, speaker, source, sentences, sayWithin, onSpeaking } = this.#options;
    const sentence = sentences[this.#said];
    if (sentence === undefined) return;
    this.#said += 1;
    // A voice says one utterance after the other: words of the answer could not follow in one that was ended for this.
    if (sayWithin(sentence)) return;
    const over = (): void => {
      this.#current = null;
      if (this.#isOwed) this.owe();
    };
    try {
      const speech = new Speech({
        source: onceFrom(source),
        speaker,
        clock,
        events: {
          onFirstByte: () => {
            if (this.#current !== null) this.#current.sounds = true;
            this.#hasSounded = true;
          },
          onPartBegun: onSpeaking,
          onPartHeard: () => undefined,
          onWaiting: () => undefined,
          onHeard: over,
          // The answer may be on its way over the same voice: what is wrong with that is for the answer to find.
          onFault: () => {
            this.#speeches.pop();
            over();
          },
        },
      });
      this.#speeches.push(speech);
      this.#current = { speech, sounds: false };
      speech.push(sentence, 0);
      speech.finish();
    } catch {
      over();
    }
  }
}

/** The same voice, which is not opened anew for a sentence that can as well be left out. */
function onceFrom(source: SpeechSource): SpeechSource {
  return {
    name: source.name,
    utter: (events) => source.utter(events),
    reopen: () => {
      throw new RingbackError('vendor_failed', [source.name, 'speech']);
    },
  };
}
