import { durationMs, sameFormat, type AudioFormat } from '../../media/audio-format.ts';
import { openTranscoder } from '../../media/transcoder.ts';
import { RingbackError } from '../errors.ts';
import type { Utterance, UtteranceEvents } from '../tts/tts.ts';
import type { Recital } from './pipelines/pipeline.ts';
import type { SpeechSource } from './speech.ts';

/** Longer speech is not kept in advance: what plays it has to make it anew from there. */
const MOST_MS = 45_000;

type Event =
  | { readonly type: 'audio'; readonly segment: number; readonly audio: Uint8Array }
  | { readonly type: 'segment_end'; readonly segment: number }
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly error: Error };

/** Words spoken before there is anybody to hear them. They can be played once, also while they are still being made. */
export class Tape {
  readonly format: AudioFormat;
  readonly #utterance: Utterance;
  readonly #clauses: string[] = [];
  readonly #events: Event[] = [];
  readonly #whole = Promise.withResolvers<void>();
  #listener: UtteranceEvents | null = null;
  #give: ((text: string) => void) | null = null;
  #keptMs = 0;
  #over = false;

  constructor(format: AudioFormat, utter: (events: UtteranceEvents) => Utterance) {
    this.format = format;
    this.#utterance = utter({
      onAudio: (segment, audio) => this.#onAudio(segment, audio),
      onSegmentEnd: (segment) => this.#keep({ type: 'segment_end', segment }),
      onEnd: () => this.#keep({ type: 'end' }),
      onError: (error) => this.#keep({ type: 'error', error }),
    });
  }

  push(clause: string): void {
    this.#clauses.push(clause);
    this.#give?.(clause);
    this.#utterance.push(clause);
  }

  finish(): void {
    this.#utterance.finish();
    this.#whole.resolve();
  }

  /** Stops making it. Idempotent. */
  cancel(): void {
    this.#over = true;
    this.#utterance.cancel();
    this.#whole.resolve();
  }

  /** Plays it into a call of `format`; `voice` goes on where the tape fails. */
  recital(voice: SpeechSource, format: AudioFormat): Recital {
    let live = false;
    return {
      source: {
        name: voice.name,
        utter: (events) => (live ? voice.utter(events) : this.#play(inFormat(events, this.format, format))),
        reopen: () => {
          // The call's own voice has not failed: it is only asked for the first time.
          if (live) voice.reopen();
          live = true;
        },
      },
      clauses: (give) => {
        this.#give = give;
        for (const clause of this.#clauses) give(clause);
        return this.#whole.promise;
      },
    };
  }

  #play(listener: UtteranceEvents): Utterance {
    let stopped = false;
    // In a turn of its own: an utterance gives nothing before it has been returned.
    queueMicrotask(() => {
      if (stopped) return;
      this.#listener = listener;
      for (const event of this.#events.splice(0)) if (!stopped) tell(listener, event);
    });
    return {
      push: () => undefined,
      finish: () => undefined,
      cancel: () => {
        stopped = true;
        this.#listener = null;
        this.cancel();
      },
    };
  }

  #onAudio(segment: number, audio: Uint8Array): void {
    this.#keptMs += durationMs(this.format, audio.length);
    if (this.#listener === null && this.#keptMs > MOST_MS) {
      this.#keep({ type: 'error', error: new RingbackError('queue_full', ['an opening']) });
      return this.cancel();
    }
    this.#keep({ type: 'audio', segment, audio });
  }

  #keep(event: Event): void {
    if (this.#over) return;
    if (this.#listener === null) this.#events.push(event);
    else tell(this.#listener, event);
  }
}

/** A tape that may not be there yet, or never will be: then it says nothing. */
export function laterRecital(tape: Promise<Tape | null>, voice: SpeechSource, format: AudioFormat): Recital {
  let recital: Recital | null = null;
  return {
    source: {
      name: voice.name,
      utter: (events) => (recital?.source ?? voice).utter(events),
      reopen: () => (recital?.source ?? voice).reopen(),
    },
    async clauses(give) {
      recital = (await tape)?.recital(voice, format) ?? null;
      await recital?.clauses(give);
    },
  };
}

function tell(listener: UtteranceEvents, event: Event): void {
  if (event.type === 'audio') listener.onAudio(event.segment, event.audio);
  else if (event.type === 'segment_end') listener.onSegmentEnd(event.segment);
  else if (event.type === 'end') listener.onEnd();
  else listener.onError(event.error);
}

function inFormat(events: UtteranceEvents, from: AudioFormat, to: AudioFormat): UtteranceEvents {
  if (sameFormat(from, to)) return events;
  const transcoder = openTranscoder(from, to);
  return {
    onAudio: (segment, audio) => events.onAudio(segment, Uint8Array.from(transcoder.transcode(audio))),
    onSegmentEnd: (segment) => events.onSegmentEnd(segment),
    onEnd: () => events.onEnd(),
    onError: (error) => events.onError(error),
  };
}
