import { sameFormat, type AudioFormat } from '../../media/audio-format.ts';
import { openTranscoder } from '../../media/transcoder.ts';
import type { Tts, TtsVoice, Utterance, UtteranceEvents } from '../tts/tts.ts';

export interface VoiceOptions {
  readonly tts: Tts;
  /** Voice name, or null for the vendor's first. */
  readonly voice: string | null;
  readonly language: string;
  /** The call's format; audio comes out in it whatever the vendor gives. */
  readonly format: AudioFormat;
  readonly signal: AbortSignal;
}

/** The agent's voice in one call: warm from the start, opened anew when it failed. Whoever opens it closes it. */
export class Voice implements Disposable {
  readonly #options: VoiceOptions;
  readonly #vendorFormat: AudioFormat;
  #voice: TtsVoice;
  #isClosed = false;

  constructor(options: VoiceOptions) {
    this.#options = options;
    const { formats } = options.tts.capabilities;
    this.#vendorFormat = formats.find((format) => sameFormat(format, options.format)) ?? formats[0] ?? options.format;
    this.#voice = this.#open();
  }

  get name(): string {
    return this.#options.tts.name;
  }

  get format(): AudioFormat {
    return this.#options.format;
  }

  utter(events: UtteranceEvents): Utterance {
    if (sameFormat(this.#vendorFormat, this.#options.format)) return this.#voice.utter(events);
    const transcoder = openTranscoder(this.#vendorFormat, this.#options.format);
    return this.#voice.utter({
      // The transcoder reuses its bytes, and the receiver keeps them.
      onAudio: (segment, audio) => events.onAudio(segment, Uint8Array.from(transcoder.transcode(audio))),
      onSegmentEnd: (segment) => events.onSegmentEnd(segment),
      onEnd: () => events.onEnd(),
      onError: (error) => events.onError(error),
    });
  }

  /** The connection is no good any more: a new one. */
  reopen(): void {
    if (this.#isClosed) return;
    this.#voice[Symbol.dispose]();
    this.#voice = this.#open();
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#voice[Symbol.dispose]();
  }

  #open(): TtsVoice {
    const { tts, voice, language, signal } = this.#options;
    return tts.open({ format: this.#vendorFormat, voice, language, signal });
  }
}
