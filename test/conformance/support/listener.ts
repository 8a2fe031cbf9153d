import type { UtteranceEvents } from '../../../src/tts/tts.ts';
import { until } from '../../support/until.ts';

export type Heard =
  | { readonly type: 'audio'; readonly segment: number; readonly audio: Uint8Array }
  | { readonly type: 'segment_end'; readonly segment: number }
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly error: Error };

/** Someone who listens to one utterance and keeps all that they hear. */
export interface Listener {
  readonly events: UtteranceEvents;
  readonly heard: readonly Heard[];
  /** All audio of a segment (or of all) in one piece. */
  audio(segment?: number): Buffer;
  /** Waits for the first audio. */
  begun(): Promise<void>;
  /** Waits for the end; throws the error that came instead. */
  ended(): Promise<void>;
}

/** `journal` gets what is heard by several listeners, in the order in which it came. */
export function listener(name = '', journal: string[] = []): Listener {
  const heard: Heard[] = [];
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  // A listener may never be asked how it ended.
  ended.promise.catch(() => undefined);
  const hear = (event: Heard): void => {
    heard.push(event);
    journal.push(`${name} ${event.type}`);
  };
  return {
    heard,
    events: {
      onAudio(segment, audio) {
        hear({ type: 'audio', segment, audio });
        begun.resolve();
      },
      onSegmentEnd: (segment) => hear({ type: 'segment_end', segment }),
      onEnd() {
        hear({ type: 'end' });
        ended.resolve();
      },
      onError(error) {
        hear({ type: 'error', error });
        ended.reject(error);
      },
    },
    audio: (segment) =>
      Buffer.concat(
        heard.flatMap((event) =>
          event.type === 'audio' && (segment === undefined || event.segment === segment) ? [event.audio] : [],
        ),
      ),
    begun: () => until('the first audio', begun.promise, 30_000),
    ended: () => until('the end of an utterance', ended.promise, 60_000),
  };
}
