import type { AudioFormat } from '../../media/audio-format.ts';
import { RingbackError } from '../errors.ts';
import type { Tts, Utterance, UtteranceEvents } from '../tts/tts.ts';
import type { Phrases } from './phrases.ts';
import type { SpeechSource } from './speech.ts';
import { Voice } from './voice.ts';

export interface SureVoiceOptions {
  /** The agent's own. */
  readonly voice: SpeechSource;
  readonly phrases: Phrases;
  /** The voice of this machine, null where there is none (yet). */
  readonly spare: () => Tts | null;
  readonly language: string;
  /** The call's. */
  readonly format: AudioFormat;
  readonly signal: AbortSignal;
  /** What the events of a source are led through. */
  readonly guarded: (source: SpeechSource) => SpeechSource;
}

/**
 * Who says what has to be said, with whatever is at hand: what was spoken in advance; else the agent's voice; and where
 * that fails, the voice of this machine. The session closes it.
 */
export class SureVoice implements Disposable {
  readonly #options: SureVoiceOptions;
  #spare: Voice | null = null;

  constructor(options: SureVoiceOptions) {
    this.#options = options;
  }

  /** Whether these words can be said although the agent's voice fails. */
  canSay(words: string): boolean {
    return this.hasSpare || this.#options.phrases.audioOf(words) !== null;
  }

  get hasSpare(): boolean {
    return this.#options.spare() !== null;
  }

  /** The source for these words, which are pushed as they are. */
  sourceFor(words: string): SpeechSource {
    const { voice, phrases, guarded } = this.#options;
    let source: SpeechSource | null = null;
    return guarded({
      name: voice.name,
      utter: (events) => {
        if (source !== null) return source.utter(events);
        const audio = phrases.audioOf(words);
        return audio === null ? voice.utter(events) : played(audio, events);
      },
      reopen: () => {
        source = this.#openSpare() ?? voice;
        if (source === voice) voice.reopen();
      },
    });
  }

  /** The source that goes on where one that was spoken in advance has failed. */
  get instead(): SpeechSource {
    const { voice, guarded } = this.#options;
    return guarded({
      name: voice.name,
      utter: (events) => (this.#openSpare() ?? voice).utter(events),
      reopen: () => (this.#openSpare() === null ? voice.reopen() : undefined),
    });
  }

  [Symbol.dispose](): void {
    this.#spare?.[Symbol.dispose]();
    this.#spare = null;
  }

  #openSpare(): SpeechSource | null {
    const { spare, language, format, signal } = this.#options;
    if (signal.aborted) throw new RingbackError('call_ended');
    const tts = spare();
    if (tts === null) return null;
    return (this.#spare ??= new Voice({ tts, voice: null, language, format, signal }));
  }
}

/** An utterance of one segment whose audio is there. It gives nothing before it has been returned. */
function played(audio: Uint8Array, events: UtteranceEvents): Utterance {
  let cancelled = false;
  return {
    push: () =>
      queueMicrotask(() => {
        if (cancelled) return;
        // The bytes become the receiver's, and these are shared.
        events.onAudio(0, Uint8Array.from(audio));
        if (!cancelled) events.onSegmentEnd(0);
      }),
    finish: () => queueMicrotask(() => !cancelled && events.onEnd()),
    cancel: () => void (cancelled = true),
  };
}
