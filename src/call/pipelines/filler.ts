import { audibleFromMs } from '../../../media/audible.ts';
import type { SpokenSegment } from '../../../media/playout.ts';
import type { MonotonicClock, Timer } from '../../clock.ts';
import { RingbackError } from '../../errors.ts';
import type { Phrases } from '../phrases.ts';
import type { Speaker } from '../speaker.ts';
import { Speech, type SpeechSource } from '../speech.ts';

export interface FillerOptions {
  readonly clock: MonotonicClock;
  readonly speaker: Speaker;
  readonly source: SpeechSource;
  /** Said in this order, then again from the first; none where silence is never filled. */
  readonly sentences: readonly string[];
  /** What of them is spoken already. */
  readonly phrases: Phrases;
  /** Since when they hear nothing, on the clock: the end of what they said. */
  readonly sinceMs: number;
  /** Whether nothing more is to come: all audio of the turn is there. */
  readonly isWhole: () => boolean;
  /**
   * Says it among the answer's own words, where those have begun: true. Where the voice itself keeps the caller waiting it
   * can't: 'late'. False where no words have begun.
   */
  readonly sayWithin: (sentence: string) => boolean | 'late';
  /** One that was not said within begins to sound. */
  readonly onSpeaking: () => void;
  /** The first sound of one plays at this time of the clock. */
  readonly onAudible: (playsAtMs: number) => void;
}

/** A silence of so long is broken by a sentence that is there already: it stays below three seconds. */
const QUIET_MS = 2_700;
/** By one that has yet to be spoken, as a voice takes a moment to begin. */
const QUIET_UNMADE_MS = 2_400;
/** However late it is decided that they have finished: an answer may come as quickly as a sentence of ours. */
const LEAST_MS = 400;
/** How often it is looked whether a pause is over. */
const LOOK_MS = 500;
/** In one turn: two minutes of waiting. */
const MOST_SAID = 30;

/**
 * Short sentences for whoever would hear nothing for three seconds while a turn is being made, whatever keeps it: the
 * model, a tool, or the voice. One that is spoken already needs nobody. One that has yet to be spoken is dropped when words
 * come before it sounds; what sounds is finished, and the words follow it. They are no part of the answer. The turn closes
 * it.
 */
export class Filler implements Disposable {
  readonly #options: FillerOptions;
  readonly #segments: SpokenSegment[] = [];
  readonly #speeches: Speech[] = [];
  #said = 0;
  #timer: Timer | null = null;
  /** The one that the voice is asked for. */
  #current: { readonly speech: Speech; sounds: boolean } | null = null;
  #earliestMs = Infinity;
  #hasSounded = false;
  #closed = false;

  constructor(options: FillerOptions) {
    this.#options = options;
  }

  get hasSounded(): boolean {
    return this.#hasSounded;
  }

  get segments(): readonly SpokenSegment[] {
    return [...this.#segments, ...this.#speeches.flatMap((speech) => speech.segments)];
  }

  /** From now on words are owed, until all of them are there. */
  owe(): void {
    if (this.#options.sentences.length === 0) return;
    this.#earliestMs = this.#options.clock.nowMs() + LEAST_MS;
    this.#arm();
  }

  /** Words are on their way: one that does not sound yet is not said. */
  answered(): void {
    if (this.#current?.sounds !== false) return;
    this.#current.speech.stop();
    // Nothing of it was heard, nor will be.
    this.#speeches.pop();
    this.#current = null;
    this.#arm();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = null;
    this.#current?.speech.stop();
    this.#current = null;
  }

  get #next(): string {
    const { sentences } = this.#options;
    return sentences[this.#said % sentences.length] ?? '';
  }

  /** One timer, looked at when it fires: audio comes too often to arm it each time. */
  #arm(): void {
    if (this.#closed || this.#timer !== null || this.#said >= MOST_SAID) return;
    const { clock } = this.#options;
    const leftMs = Math.min(this.#dueMs() - clock.nowMs(), QUIET_MS);
    this.#timer = clock.setTimer(Math.max(1, leftMs), () => {
      this.#timer = null;
      this.#look();
    });
  }

  #look(): void {
    const { clock, speaker, isWhole } = this.#options;
    if (this.#closed || this.#current !== null || isWhole()) return;
    if (speaker.quietFromMs === Infinity) {
      this.#earliestMs = clock.nowMs() + LOOK_MS;
      return this.#arm();
    }
    if (clock.nowMs() >= this.#dueMs()) this.#say();
    if (this.#current === null) this.#arm();
  }

  #dueMs(): number {
    const { speaker, sinceMs, phrases } = this.#options;
    const quietMs = phrases.audioOf(this.#next) === null ? QUIET_UNMADE_MS : QUIET_MS;
    const { quietFromMs } = speaker;
    const quietSinceMs = quietFromMs === Infinity ? sinceMs : Math.max(sinceMs, quietFromMs);
    return Math.max(quietSinceMs + quietMs, this.#earliestMs);
  }

  #say(): void {
    const { clock, phrases, sayWithin } = this.#options;
    const sentence = this.#next;
    const audio = phrases.audioOf(sentence);
    if (audio !== null) {
      this.#said += 1;
      return this.#play(sentence, audio);
    }
    this.#earliestMs = clock.nowMs() + QUIET_UNMADE_MS;
    // A voice says one utterance after the other: words of the answer could not follow in one that was ended for this.
    const within = sayWithin(sentence);
    if (within === 'late') return;
    this.#said += 1;
    if (!within) this.#ask(sentence);
  }

  /** It stands in the agent's audio like any other words, between those of the answer. */
  #play(text: string, audio: Uint8Array): void {
    const { speaker, onSpeaking, onAudible } = this.#options;
    // What was being said may have been broken off in the middle of a sample.
    speaker.pad();
    const startMs = speaker.writtenMs;
    if (!speaker.write(audio)) return;
    speaker.pad();
    speaker.endSegment();
    this.#segments.push({ text, startMs, endMs: speaker.writtenMs, writtenMs: speaker.writtenMs });
    this.#hasSounded = true;
    speaker.whenSent(startMs, () => !this.#closed && onSpeaking());
    const audibleMs = startMs + (audibleFromMs(speaker.format, audio) ?? 0);
    speaker.whenSent(audibleMs, () => !this.#closed && onAudible(speaker.playsAtMs(audibleMs)));
  }

  #ask(sentence: string): void {
    const { clock, speaker, source, onSpeaking, onAudible } = this.#options;
    const over = (): void => {
      this.#current = null;
      this.#arm();
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
          onAudible: (_part, playsAtMs) => onAudible(playsAtMs),
          onPartHeard: () => undefined,
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
