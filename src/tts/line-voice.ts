import type { AudioFormat } from '../../media/audio-format.ts';
import type { Clock } from '../clock.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import { deepgramFailed, remedyOf } from '../wire/deepgram.ts';
import type { SocketLoss } from '../wire/live-socket.ts';
import { openSegmentVoice } from './segment-voice.ts';
import type { TtsVoice } from './tts.ts';
import type { Line, SayEnd } from './speech-line.ts';
import { openPieceAudio } from './piece-audio.ts';
import { piecesOf } from './pieces.ts';

export interface VoiceOptions {
  readonly format: AudioFormat;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly dial: (onLost: () => void) => Line;
  /** The voice was refused: true where another is left to be tried. */
  readonly changeVoice: () => boolean;
  /** Owns a line until it is closed. */
  readonly leave: (closing: Promise<void>) => void;
}

/** The vendor's median is 310 ms. A slow one is given more the second time, and both end within three seconds. */
const FIRST_AUDIO_WITHIN_MS = 1200;
const SECOND_TRY_WITHIN_MS = 1700;
/** The caller hears nothing meanwhile. */
const READY_WITHIN_MS = 3000;
const RETRY_AFTER_MS = [0, 250, 500, 1000];
const MOST_TRIES = 8;
/** A line that was lost while it was idle is opened again at once, but not if it lasted for less: it would go on so. */
const WORTH_KEEPING_WARM_MS = 5000;
const CLOSE_WITHIN_MS = 1000;

/** The voice of one call: one warm line, replaced between two segments when it is lost, worn or not to be trusted. */
export function openLineVoice(options: VoiceOptions): TtsVoice {
  const lines = new WarmLine(options);
  const { format, log, signal } = options;

  async function sayPiece(text: string, stop: AbortSignal, onAudio: (audio: Uint8Array) => void): Promise<void> {
    let givenBytes = 0;
    for (let attempt = 0; ; attempt += 1) {
      const line = await lines.ready(stop);
      if (stop.aborted) return;
      // A second try says it from the start; what was heard of the first is not heard again.
      const take = openPieceAudio(format, givenBytes);
      const firstWithinMs = attempt === 0 ? FIRST_AUDIO_WITHIN_MS : SECOND_TRY_WITHIN_MS;
      const said = line.say(text, firstWithinMs, (raw) => {
        const audio = take(raw);
        if (audio === undefined || stop.aborted) return;
        givenBytes += audio.length;
        onAudio(audio);
      });
      const end = await untilStopped(said, stop, () => line.clear());
      if (end === undefined || end === 'spoken') return;
      if (end === 'empty') return log.warn({ vendor: 'deepgram' }, 'a voice had nothing to say for a text');
      log.warn({ vendor: 'deepgram', fault: faultOf(end).message, attempt }, 'a voice broke off');
      if (attempt > 0) throw faultOf(end);
    }
  }

  const voice = openSegmentVoice(
    'Deepgram',
    async (text, speaking) => {
      for (const piece of piecesOf(text)) {
        if (speaking.signal.aborted) return;
        await sayPiece(piece, speaking.signal, (audio) => speaking.onAudio(audio));
      }
    },
    signal,
    (text, heardMs) => lines.interrupt(text, heardMs),
  );
  const close = (): void => {
    signal.removeEventListener('abort', close);
    voice[Symbol.dispose]();
    lines[Symbol.dispose]();
  };
  if (signal.aborted) close();
  else signal.addEventListener('abort', close, { once: true });
  return { utter: (events) => voice.utter(events), [Symbol.dispose]: close };
}

class WarmLine implements Disposable {
  readonly #options: VoiceOptions;
  #line: Line | null = null;
  #over = false;

  constructor(options: VoiceOptions) {
    this.#options = options;
    this.#open();
  }

  /** A line that may speak. Throws when there is none within its time; returns any when `stop` aborts. */
  async ready(stop: AbortSignal): Promise<Line> {
    const { clock, random } = this.#options;
    const beganMs = clock.nowMs();
    let busyTries = 0;
    for (let tries = 0; ; tries += 1) {
      const line = this.#line?.usable === true ? this.#line : this.#open();
      const loss = await untilStopped(line.opened, stop, () => undefined);
      if (stop.aborted) return line;
      if (loss === null && (await untilStopped(line.ready(), stop, () => undefined)) !== false) return line;
      if (tries >= MOST_TRIES) throw faultOf('stalled');
      if (loss === null || loss === undefined) continue;
      const remedy = remedyOf(loss);
      // Another voice was chosen when this one was refused.
      if (remedy === 'settings' && this.#line !== null && this.#line !== line) continue;
      const afterMs =
        remedy === 'busy'
          ? 250 + random() * 250
          : (RETRY_AFTER_MS[Math.min(tries, RETRY_AFTER_MS.length - 1)] ?? 0) * (0.75 + random() * 0.5);
      const again = remedy === 'again' || (remedy === 'busy' && busyTries++ === 0);
      if (!again || clock.nowMs() - beganMs + afterMs > READY_WITHIN_MS) throw deepgramFailed(loss);
      try {
        await clock.sleep(afterMs, stop);
      } catch (error) {
        if (stop.aborted) return line;
        throw error;
      }
    }
  }

  /** Stops what is being said, and asks what of `text` was heard; undefined where that can't be known. */
  async interrupt(text: string, heardMs: number): Promise<string | undefined> {
    const [piece, ...more] = piecesOf(text);
    return piece === undefined || more.length > 0 ? undefined : this.#line?.interrupt(piece, heardMs);
  }

  [Symbol.dispose](): void {
    this.#over = true;
    this.#leave();
  }

  #open(): Line {
    const { clock, dial, changeVoice } = this.#options;
    this.#leave();
    let openedMs: number | undefined;
    const line = dial(() => {
      if (this.#line !== line) return;
      const heldMs = openedMs === undefined ? 0 : clock.nowMs() - openedMs;
      if (heldMs >= WORTH_KEEPING_WARM_MS && !this.#over) this.#open();
    });
    this.#line = line;
    void line.opened.then((loss) => {
      openedMs = clock.nowMs();
      if (loss === null || this.#over || this.#line !== line) return;
      if (remedyOf(loss) === 'settings' && changeVoice()) this.#open();
    });
    return line;
  }

  #leave(): void {
    const line = this.#line;
    this.#line = null;
    if (line !== null) this.#options.leave(line.leave(CLOSE_WITHIN_MS));
  }
}

/** What `work` gives, or undefined as soon as `stop` aborts; then `onStop` has run, within the abort itself. */
function untilStopped<T>(work: Promise<T>, stop: AbortSignal, onStop: () => void): Promise<T | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
  const stopped = (): void => {
    onStop();
    resolve(undefined);
  };
  if (stop.aborted) stopped();
  else stop.addEventListener('abort', stopped, { once: true });
  void work.then(resolve, reject).finally(() => stop.removeEventListener('abort', stopped));
  return promise;
}

function faultOf(end: Exclude<SayEnd, 'spoken' | 'empty'>): RingbackError {
  return end === 'stalled'
    ? new RingbackError('vendor_failed', ['Deepgram', 'the voice stalled'])
    : deepgramFailed(end satisfies SocketLoss);
}
