import { sameFormat, type AudioFormat } from '../../media/audio-format.ts';
import { openTranscoder, type Transcoder } from '../../media/transcoder.ts';
import type { MonotonicClock, Timer } from '../clock.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Stt, SttEvents, SttStream } from '../stt/stt.ts';

export interface EarsOptions {
  readonly stt: Stt;
  readonly model: string | null;
  readonly language: string;
  /** The call's. */
  readonly format: AudioFormat;
  readonly clock: MonotonicClock;
  readonly log: Log;
  readonly callId: string;
  readonly events: Omit<SttEvents, 'onError'>;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/**
 * The STT of one call. A stream that is lost is opened again, ever more slowly, for as long as the call lasts; what was
 * said meanwhile is not understood. The session closes it.
 */
export class Ears implements Disposable {
  readonly #options: EarsOptions;
  readonly #format: AudioFormat;
  readonly #transcoder: Transcoder | null;
  readonly #stop = new AbortController();
  #stream: SttStream | null = null;
  #streams = 0;
  #retryMs = FIRST_RETRY_MS;
  #retry: Timer | null = null;

  constructor(options: EarsOptions) {
    this.#options = options;
    const { formats } = options.stt.capabilities;
    const same = formats.find((format) => sameFormat(format, options.format));
    this.#format = same ?? formats[0] ?? options.format;
    this.#transcoder = same === undefined ? openTranscoder(options.format, this.#format) : null;
    this.#open();
  }

  /** Nobody understands anything at present. */
  get isLost(): boolean {
    return this.#stream === null;
  }

  /** `isVoice`: somebody speaks in it. */
  hear(audio: Uint8Array, isVoice: boolean): void {
    if (this.#stream === null) return;
    try {
      this.#stream.write(this.#transcoder === null ? audio : this.#transcoder.transcode(audio), isVoice);
    } catch (error) {
      this.#lost(error);
    }
  }

  /** They fell silent: asks for what was said so far. */
  finalize(): void {
    this.#ask((stream) => stream.finalize());
  }

  /** Their turn is over, by our own decision. */
  endTurn(): void {
    this.#ask((stream) => stream.endTurn?.());
  }

  [Symbol.dispose](): void {
    this.#streams += 1;
    this.#retry?.cancel();
    this.#retry = null;
    this.#stop.abort(new RingbackError('call_ended'));
    this.#close();
  }

  #ask(ask: (stream: SttStream) => void): void {
    try {
      if (this.#stream !== null) ask(this.#stream);
    } catch (error) {
      this.#lost(error);
    }
  }

  #open(): void {
    const { stt, model, language, events } = this.#options;
    this.#streams += 1;
    const number = this.#streams;
    // What a stream says that was given up is not heard.
    const current =
      <Arguments extends unknown[]>(tell: (...args: Arguments) => void) =>
      (...args: Arguments): void => {
        if (number === this.#streams) tell(...args);
      };
    const words =
      <Arguments extends unknown[]>(tell: (...args: Arguments) => void) =>
      (...args: Arguments): void => {
        this.#retryMs = FIRST_RETRY_MS;
        tell(...args);
      };
    try {
      const stream = stt.open(
        { format: this.#format, language, model, signal: this.#stop.signal },
        {
          onSpeechStarted: current(events.onSpeechStarted),
          onInterim: current(words(events.onInterim)),
          onFinal: current(words(events.onFinal)),
          onEndOfTurn: current(words(events.onEndOfTurn)),
          onTurnResumed: current(events.onTurnResumed),
          onError: current((error) => this.#lost(error)),
        },
      );
      if (number === this.#streams) this.#stream = stream;
      else stream[Symbol.dispose]();
    } catch (error) {
      if (number === this.#streams) this.#lost(error);
    }
  }

  #lost(error: unknown): void {
    const { log, clock, callId } = this.#options;
    this.#streams += 1;
    this.#close();
    log.warn(
      { callId, fault: error instanceof Error ? error.name : 'unknown', retryMs: this.#retryMs },
      'an STT stream was lost',
    );
    this.#retry?.cancel();
    this.#retry = clock.setTimer(this.#retryMs, () => {
      this.#retry = null;
      this.#open();
    });
    this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
  }

  #close(): void {
    const stream = this.#stream;
    this.#stream = null;
    try {
      stream?.[Symbol.dispose]();
    } catch (error) {
      this.#options.log.warn(
        { fault: error instanceof Error ? error.name : 'unknown' },
        'an STT stream could not be closed',
      );
    }
  }
}
