import type { DeepgramClient } from '@deepgram/sdk';
import { bytesOf, type AudioFormat } from '../../media/audio-format.ts';
import type { Timer } from '../clock.ts';
import { guarded, tapClient, type TapOptions } from '../wire/deepgram.ts';
import type { LiveSocket, SocketLoss } from '../wire/live-socket.ts';

export interface LineOptions<Socket extends SpeakSocket> extends TapOptions {
  readonly format: AudioFormat;
  readonly protocol: LineProtocol<Socket>;
  /** Nothing can be spoken on it any more; also told while something is, whose `say` then resolves as well. */
  readonly onLost: () => void;
}

/** What the SDK's sockets of both versions of speaking have in common. */
export interface SpeakSocket {
  on(event: 'message', hear: (message: unknown) => void): void;
  connect(): unknown;
}

/** What a message means to a line. `ignored`: what was asked last was not done. */
export type LineEvent =
  | { readonly type: 'spoken' | 'ignored' }
  /** All that was cancelled is gone; `heardText`: what of it had been heard, where the vendor knows. */
  | { readonly type: 'cleared'; readonly heardText: string | undefined };

/** How one version of the vendor's protocol speaks a piece, and stops. One per line: it may keep account. */
export interface LineProtocol<Socket extends SpeakSocket> {
  dial(client: DeepgramClient, format: AudioFormat): Promise<Socket>;
  /** Sends a piece, and that it is one. */
  say(socket: Socket, text: string): void;
  /** Asks to drop what is being said; `heardMs` of that piece were heard, null where that is not known. */
  clear(socket: Socket, heardMs: number | null): void;
  close(socket: Socket): void;
  /** Undefined for what changes nothing. */
  read(message: unknown): LineEvent | undefined;
  /** Audio has no name of its turn on it: what still comes so long after `cleared` condemns the line. 0: none can. */
  readonly quietAfterClearedMs: number;
  /** It can say what was heard of the piece that was said last. */
  readonly aligns: boolean;
  /** How many pieces it takes in a minute. */
  readonly mostPiecesPerMinute: number;
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
  /**
   * Stops it too, and asks what of the piece `text` was heard, of whose audio `heardMs` were: undefined where that is not
   * the piece that was said last, or the vendor does not know.
   */
  interrupt(text: string, heardMs: number): Promise<string | undefined>;
  /** Says goodbye, and resolves when it is closed, or after `withinMs`. */
  leave(withinMs: number): Promise<void>;
}

/** Synthesis is faster than speech: a pause of this length in the middle is a stall. */
const NEXT_AUDIO_WITHIN_MS = 1200;
const CLEARED_WITHIN_MS = 500;
const MINUTE_MS = 60_000;
/** Deepgram closes after 60 min. */
const OLDEST_MS = 55 * MINUTE_MS;
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
  | {
      readonly name: 'clearing';
      readonly ready: PromiseWithResolvers<boolean>;
      /** All audio of what is being cleared has been made. */
      isSpoken: boolean;
      /** There was nothing to clear, as the vendor says. */
      isRefused: boolean;
    }
  | { readonly name: 'settling'; readonly ready: PromiseWithResolvers<boolean> };

/** Opens one through the SDK. Nothing of it throws later. */
export function openLine<Socket extends SpeakSocket>(options: LineOptions<Socket>): Line {
  return new SpeechLine(options);
}

class SpeechLine<Socket extends SpeakSocket> implements Line {
  readonly #options: LineOptions<Socket>;
  readonly #tapped: { readonly socket: LiveSocket | undefined };
  readonly #opened = Promise.withResolvers<SocketLoss | null>();
  readonly #dialled: Promise<void>;
  readonly #bornMs: number;
  #socket: Socket | undefined;
  #state: State = { name: 'connecting' };
  #timer: Timer | null = null;
  #piecesMs: number[] = [];
  /** The piece that was said last, where anything of it came. */
  #lastText: string | null = null;
  #heardText: ((text: string | undefined) => void) | null = null;
  /** Something was cancelled on it: an end without any audio may be that of the cancelled. */
  #wasCleared = false;
  #left = false;

  constructor(options: LineOptions<Socket>) {
    this.#options = options;
    const { clock, log, format, protocol } = options;
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
    this.#dialled = protocol.dial(tapped.client, format).then(
      (socket) => {
        if (this.#left) return;
        this.#socket = socket;
        socket.on(
          'message',
          guarded(log, (message: unknown) => this.#told(protocol.read(message))),
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
    const { clock, protocol } = this.#options;
    const nowMs = clock.nowMs();
    this.#piecesMs = this.#piecesMs.filter((atMs) => nowMs - atMs < MINUTE_MS);
    const isRested = this.#piecesMs.length < protocol.mostPiecesPerMinute;
    return this.#state.name !== 'lost' && isRested && nowMs - this.#bornMs < OLDEST_MS;
  }

  async ready(): Promise<boolean> {
    const state = this.#state;
    if (state.name === 'clearing' || state.name === 'settling') return state.ready.promise;
    return state.name === 'idle';
  }

  say(text: string, firstWithinMs: number, onAudio: (audio: Uint8Array) => void): Promise<SayEnd> {
    const { clock, format, protocol } = this.#options;
    const { promise, resolve } = Promise.withResolvers<SayEnd>();
    if (this.#state.name !== 'idle' || this.#socket === undefined || this.#tapped.socket?.isOpen !== true) {
      resolve({ kind: 'closed', code: 1006, reason: '' });
      return promise;
    }
    const mostBytes = bytesOf(format, text.length * LONGEST_MS_PER_CHARACTER + LONGEST_REST_MS);
    this.#state = { name: 'speaking', onAudio, resolve, bytes: 0, mostBytes };
    this.#piecesMs.push(clock.nowMs());
    this.#lastText = text;
    protocol.say(this.#socket, text);
    this.#within(firstWithinMs, () => this.#finish('stalled'));
    return promise;
  }

  clear(): void {
    if (this.#state.name === 'speaking') this.#clear(null);
  }

  interrupt(text: string, heardMs: number): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const { name } = this.#state;
    if (!this.#options.protocol.aligns || this.#lastText !== text || (name !== 'speaking' && name !== 'idle')) {
      this.clear();
      resolve(undefined);
      return promise;
    }
    this.#clear(heardMs);
    this.#heardText = resolve;
    return promise;
  }

  async leave(withinMs: number): Promise<void> {
    this.#left = true;
    const socket = this.#tapped.socket;
    const isOpen = socket?.isOpen === true;
    if (isOpen && this.#socket !== undefined) this.#options.protocol.close(this.#socket);
    this.#lost(null);
    await this.#dialled;
    if (isOpen) await socket.whenClosed(withinMs);
    else this.#tapped.socket?.terminate();
  }

  #clear(heardMs: number | null): void {
    const ready = Promise.withResolvers<boolean>();
    this.#state = { name: 'clearing', ready, isSpoken: this.#state.name !== 'speaking', isRefused: false };
    this.#wasCleared = true;
    this.#lastText = null;
    if (this.#tapped.socket?.isOpen === true && this.#socket !== undefined)
      this.#options.protocol.clear(this.#socket, heardMs);
    this.#within(CLEARED_WITHIN_MS, () => this.#lost(null));
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

  #told(event: LineEvent | undefined): void {
    if (event === undefined) return;
    const state = this.#state;
    if (state.name === 'speaking') this.#toldWhileSpeaking(event, state.bytes);
    if (state.name !== 'clearing') return;
    // What was not dropped is said to its end, unheard; an end that was under way already is no answer.
    if (event.type === 'spoken') state.isSpoken = true;
    if (event.type === 'ignored') state.isRefused = true;
    if (event.type !== 'cleared' && !(state.isSpoken && state.isRefused)) return;
    this.#align(event.type === 'cleared' ? event.heardText : undefined);
    this.#settle(state.ready);
  }

  #toldWhileSpeaking(event: LineEvent, bytes: number): void {
    if (event.type === 'spoken') {
      if (bytes > 0) this.#finish('spoken');
      else this.#finish(this.#wasCleared ? 'stalled' : 'empty');
    }
    // It was not taken: nothing will come.
    if (event.type === 'ignored' && bytes === 0) this.#finish('stalled');
  }

  #settle(ready: PromiseWithResolvers<boolean>): void {
    const settled = (): void => {
      this.#timer?.cancel();
      this.#state = { name: 'idle' };
      ready.resolve(true);
    };
    const { quietAfterClearedMs } = this.#options.protocol;
    if (quietAfterClearedMs === 0) return settled();
    this.#state = { name: 'settling', ready };
    this.#within(quietAfterClearedMs, settled);
  }

  #align(heardText: string | undefined): void {
    this.#heardText?.(heardText);
    this.#heardText = null;
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
    this.#align(undefined);
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
