import type { Clock } from '../clock.ts';
import type { SpeechSource } from './speech.ts';

/**
 * Where the outside enters a call: vendors' events, timers, the stream. What throws in there ends that call and no
 * other; once the call is over nothing gets in any more.
 */
export class Guard {
  readonly #onFault: (error: unknown) => void;
  #isClosed = false;

  /** `onFault` must not throw. */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  readonly run = (enter: () => void): void => {
    if (this.#isClosed) return;
    try {
      enter();
    } catch (error) {
      this.#onFault(error);
    }
  };

  close(): void {
    this.#isClosed = true;
  }

  /** The clock whose timers are guarded. */
  clock(clock: Clock): Clock {
    return {
      nowMs: () => clock.nowMs(),
      instant: () => clock.instant(),
      sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
      setTimer: (delayMs, run) => clock.setTimer(delayMs, () => this.run(run)),
    };
  }

  /** The voice whose events are guarded. */
  source(source: SpeechSource): SpeechSource {
    return {
      name: source.name,
      reopen: () => source.reopen(),
      utter: (events) =>
        source.utter({
          onAudio: (segment, audio) => this.run(() => events.onAudio(segment, audio)),
          onSegmentEnd: (segment) => this.run(() => events.onSegmentEnd(segment)),
          onEnd: () => this.run(() => events.onEnd()),
          onError: (error) => this.run(() => events.onError(error)),
        }),
    };
  }
}
