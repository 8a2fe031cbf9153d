import { bytesOf, type AudioFormat } from '../../../media/audio-format.ts';
import type { Timer } from '../../clock.ts';
import { guarded, SDK_CONNECT_SECONDS, tapClient, type TapOptions } from '../../wire/deepgram.ts';
import type { LiveSocket, SocketLoss } from '../../wire/live-socket.ts';

export interface LineOptions extends TapOptions {
  readonly format: AudioFormat;
  readonly voice: string;
  /** Nothing can be spoken on it any more; also told while something is, whose `say` then resolves as well. */
  readonly onLost: () => void;
}

/** How a piece ended: `spoken` with all its audio; any other way the line is of no more use. */
export type SayEnd = 'spoken' | 'empty' | 'stalled' | SocketLoss;

/** One socket that speaks one piece at a time. Whoever opens it ends it. */
export interface Line {
  /** Resolves when it is open: null; else how it was lost. */
  readonly opened: Promise<SocketLoss | null>;
  /** It can be told to speak now, or soon (see `ready`). */
  readonly usable: boolean;
  /** Resolves when it may speak: at once, or when what was cancelled is gone from it; false when it is of no more use. */
  ready(): Promise<boolean>;
  /** At most 2,000 characters. Call it only after `ready`. It is stalled when no audio comes within `firstWithinMs`. */
  say(text: string, firstWithinMs: number, onAudio: (audio: Uint8Array) => void): Promise<SayEnd>;
  /** Stops what is being said: no audio of it comes after the return. Its `say` never resolves. */
  clear(): void;
  /** Says goodbye, and resolves when it is closed, or after `withinMs`. */
  leave(withinMs: number): Promise<void>;
}

/** Synthesis is faster than speech: a pause of this length in the middle is a stall. */
const NEXT_AUDIO_WITHIN_MS = 1200;
const CLEARED_WITHIN_MS = 500;
/** Audio has no name of its turn on it: what still comes so long after `Cleared` condemns the line. */
const QUIET_AFTER_CLEARED_MS = 30;
/** Deepgram takes 20 flushes in 60 s (developers.deepgram.com/docs/tts-ws-flush), and closes after 60 min. */
const MOST_FLUSHES = 18;
const FLUSH_WINDOW_MS = 60_000;
const OLDEST_MS = 55 * 60_000;
/** No voice takes longer for a character; with more, something is wrong with it. */
const LONGEST_MS_PER_CHARACTER = 400;
const LONGEST_REST_MS = 5000;

type State =
  | { readonly name: 'connecting' | 'idle' | 'lost' }
  | {
      readonly name: 'speaking';
      readonly onAudio: (audio: Uint8Array) => void;
      readonly resolve: (end: SayEnd) => void;
      bytes: number;
      readonly mostBytes: number;
    }
  | { readonly name: 'clearing' | 'settling'; readonly ready: PromiseWithResolvers<boolean> };

/** Opens one through the SDK. Nothing of it throws later. */
export function openLine(options: LineOptions): Line {
  return new SpeakLine(options);
}

class SpeakLine implements Line {
  readonly #options: LineOptions;
  readonly #tapped: { readonly socket: LiveSocket | undefined };
  readonly #opened = Promise.withResolvers<SocketLoss | null>();
  readonly #dialled: Promise<void>;
  readonly #bornMs: number;
  #socket: Awaited<ReturnType<ReturnType<typeof tapClient>['client']['speak']['v1']['connect']>> | undefined;
  #state: State = { name: 'connecting' };
  #timer: Timer | null = null;
  #flushesMs: number[] = [];
  /** Something was cancelled on it: an end without any audio may be that of the cancelled. */
  #wasCleared = false;
  #left = false;

  constructor(options: LineOptions) {
    this.#options = options;
    const { clock, log, format, voice } = options;
    this.#bornMs = clock.nowMs();
    const tapped = tapClient(options, {
      onOpen: () => {
        if (this.#state.name !== 'connecting') return;
        this.#state = { name: 'idle' };
        this.#opened.resolve(null);
      },
      onAudio: (audio) => this.#hear(audio),
      onLost: (loss) => this.#lost(loss),
    });
    this.#tapped = tapped;
    this.#dialled = tapped.client.speak.v1
      .connect({
        model: voice,
        encoding: format.encoding === 'pcm16' ? 'linear16' : format.encoding,
        sample_rate: String(format.sampleRateHz),
        reconnectAttempts: 0,
        connectionTimeoutInSeconds: SDK_CONNECT_SECONDS,
      })
      .then(
        (socket) => {
          if (this.#left) return;
          this.#socket = socket;
          socket.on(
            'message',
            guarded(log, (message: unknown) => this.#told(message)),
          );
          socket.connect();
        },
        () => this.#lost({ kind: 'unreachable' }),
      );
  }

  get opened(): Promise<SocketLoss | null> {
    return this.#opened.promise;
  }

  get usable(): boolean {
    const nowMs = this.#options.clock.nowMs();
    this.#flushesMs = this.#flushesMs.filter((atMs) => nowMs - atMs < FLUSH_WINDOW_MS);
    return this.#state.name !== 'lost' && this.#flushesMs.length < MOST_FLUSHES && nowMs - this.#bornMs < OLDEST_MS;
  }

  async ready(): Promise<boolean> {
    const state = this.#state;
    if (state.name === 'clearing' || state.name === 'settling') return state.ready.promise;
    return state.name === 'idle';
  }

  say(text: string, firstWithinMs: number, onAudio: (audio: Uint8Array) => void): Promise<SayEnd> {
    const { clock, format } = this.#options;
    const { promise, resolve } = Promise.withResolvers<SayEnd>();
    if (this.#state.name !== 'idle' || this.#socket === undefined || this.#tapped.socket?.isOpen !== true) {
      resolve({ kind: 'closed', code: 1006, reason: '' });
      return promise;
    }
    const mostBytes = bytesOf(format, text.length * LONGEST_MS_PER_CHARACTER + LONGEST_REST_MS);
    this.#state = { name: 'speaking', onAudio, resolve, bytes: 0, mostBytes };
    this.#flushesMs.push(clock.nowMs());
    this.#socket.sendText({ type: 'Speak', text });
    this.#socket.sendFlush({ type: 'Flush' });
    this.#within(firstWithinMs, () => this.#finish('stalled'));
    return promise;
  }

  clear(): void {
    if (this.#state.name !== 'speaking') return;
    const ready = Promise.withResolvers<boolean>();
    this.#state = { name: 'clearing', ready };
    this.#wasCleared = true;
    if (this.#tapped.socket?.isOpen === true) this.#socket?.sendClear({ type: 'Clear' });
    this.#within(CLEARED_WITHIN_MS, () => this.#lost(null));
  }

  async leave(withinMs: number): Promise<void> {
    this.#left = true;
    const socket = this.#tapped.socket;
    const isOpen = socket?.isOpen === true;
    if (isOpen) this.#socket?.sendClose({ type: 'Close' });
    this.#lost(null);
    await this.#dialled;
    if (isOpen) await socket.whenClosed(withinMs);
    else this.#tapped.socket?.terminate();
  }

  #hear(audio: Uint8Array): void {
    const state = this.#state;
    if (state.name === 'speaking') {
      state.bytes += audio.length;
      if (state.bytes > state.mostBytes) return this.#finish('stalled');
      this.#within(NEXT_AUDIO_WITHIN_MS, () => this.#finish('stalled'));
      state.onAudio(audio);
      return;
    }
    // While it is being cleared audio is still under way. After that nobody asked for any: whose is it?
    if (state.name === 'idle' || state.name === 'settling') this.#lost(null);
  }

  #told(message: unknown): void {
    const type = typeof message === 'object' && message !== null && 'type' in message ? message.type : undefined;
    const state = this.#state;
    if (type === 'Flushed' && state.name === 'speaking') {
      if (state.bytes > 0) this.#finish('spoken');
      else if (this.#wasCleared) this.#finish('stalled');
      else this.#finish('empty');
    } else if (type === 'Cleared' && state.name === 'clearing') {
      const { ready } = state;
      this.#state = { name: 'settling', ready };
      this.#within(QUIET_AFTER_CLEARED_MS, () => {
        this.#state = { name: 'idle' };
        ready.resolve(true);
      });
    } else if (type === 'Warning' && state.name === 'speaking' && state.bytes === 0) {
      // The flush was not taken: without it nothing will come.
      this.#finish('stalled');
    }
  }

  #finish(end: 'spoken' | 'empty' | 'stalled'): void {
    const state = this.#state;
    if (state.name !== 'speaking') return;
    this.#timer?.cancel();
    if (end === 'stalled') return this.#lost(null);
    this.#state = { name: 'idle' };
    state.resolve(end);
  }

  /** Null: it was open and is given up. */
  #lost(loss: SocketLoss | null): void {
    const state = this.#state;
    if (state.name === 'lost') return;
    this.#state = { name: 'lost' };
    this.#timer?.cancel();
    this.#opened.resolve(loss ?? { kind: 'silent' });
    if (state.name === 'speaking') state.resolve(loss ?? 'stalled');
    if (state.name === 'clearing' || state.name === 'settling') state.ready.resolve(false);
    if (!this.#left) {
      this.#tapped.socket?.terminate();
      this.#options.onLost();
    }
  }

  #within(delayMs: number, run: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(delayMs, run);
  }
}
