import { bytesOf, bytesPerSample, durationMs, silenceByte, type AudioFormat } from '../../media/audio-format.ts';
import type { Clock, Timer } from '../clock.ts';
import type { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import { deepgramFailed, remedyOf } from '../wire/deepgram.ts';
import type { SocketLoss } from '../wire/live-socket.ts';
import { ReplayBuffer } from './replay-buffer.ts';

/** One live transcription, as far as audio goes. Whoever opens it leaves it. */
export interface UplinkConnection {
  readonly isOpen: boolean;
  readonly bufferedBytes: number;
  /** False where it is not open. `audio` is never empty, and copied before it returns. */
  send(audio: Uint8Array): boolean;
  /** Says that no more comes, and resolves when the other side has closed it, or after `withinMs`. */
  leave(withinMs: number): Promise<void>;
  /** Drops it without a word. */
  drop(): void;
}

export interface ConnectionEvents<Message> {
  onOpen(): void;
  onMessage(message: Message): void;
  /** Once, and not after `leave`. */
  onLost(loss: SocketLoss): void;
}

export interface UplinkOptions<Message, Connection extends UplinkConnection> {
  readonly format: AudioFormat;
  /** Audio goes out in parts of this length: each costs a system call, and waits for its end. */
  readonly batchMs: number;
  /** How often `onBeat` is called while a connection is open. */
  readonly beatMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Opens a connection with the settings in force. */
  readonly dial: (events: ConnectionEvents<Message>) => Connection;
  /** The settings were refused: true where others are left to be tried. */
  readonly changeSettings: () => boolean;
  /** Owns a connection until it is closed. */
  readonly leave: (closing: Promise<void>) => void;
  readonly events: UplinkEvents<Message, Connection>;
}

export interface UplinkEvents<Message, Connection> {
  /** A connection was lost: what it said and was not final is void, and its audio is sent again. */
  onInterrupted(): void;
  /** All that waited has been sent. */
  onSent(connection: Connection): void;
  onMessage(message: Message): void;
  /** `idle`: no audio went out since the beat before. */
  onBeat(connection: Connection, beat: { readonly idle: boolean }): void;
  /** It is given up. Once, and nothing comes after it. */
  onFail(error: RingbackError): void;
}

/** A place on a connection from which its bytes are not those of the call: silence was put in, or audio is missing. */
interface Seam {
  /** In bytes of the connection. */
  readonly at: number;
  readonly silenceBytes: number;
  readonly missingBytes: number;
}

/** What is kept for a reconnect, and at most sent again: more would lag behind the call. */
const KEPT_MS = 5000;
/** So much unsent in this process means that the network does not take it: it waits in the buffer, which drops. */
const UNSENT_MS = 1000;
const BLOCKED_MS = 3000;
/** Speech that goes in for so long while no word of any kind comes out: the other side is deaf. */
const DEAF_AFTER_SPEECH_MS = 5000;
const RETRY_AFTER_MS = [0, 250, 500, 1000];
/** An outage that lasts longer is told: the call has to say something. */
const GIVE_UP_AFTER_MS = 5000;
const CLOSE_WITHIN_MS = 2000;
const MOST_SEAMS = 64;

/**
 * The way of a caller's audio to a recogniser, which outlives its connections. All positions are bytes of audio since it
 * was opened; a connection begins at one of them. After a loss the audio behind the last final goes again, so that no
 * word is lost or doubled. Whoever opens it ends it.
 */
export class Uplink<Message, Connection extends UplinkConnection> {
  readonly #options: UplinkOptions<Message, Connection>;
  readonly #buffer: ReplayBuffer;
  readonly #batchBytes: number;
  /** What stands before it goes out: whole batches, or all that there was at a flush. */
  #releasedByte = 0;
  #connection: Connection | null = null;
  /** The byte at which the audio of this connection begins, and how much was sent on it, silence included. */
  #originByte = 0;
  #connectionBytes = 0;
  #seams: Seam[] = [];
  #sentByte = 0;
  #finalByte = 0;
  #unsentDroppedBytes = 0;
  #heartbeat: Timer | null = null;
  #retry: Timer | null = null;
  #sentSinceBeat = false;
  #anySent = false;
  #blockedSinceMs: number | null = null;
  #unheardSpeechMs = 0;
  #outageSinceMs: number | null = null;
  #tries = 0;
  #busyTries = 0;
  #over = false;

  constructor(options: UplinkOptions<Message, Connection>) {
    this.#options = options;
    this.#batchBytes = bytesOf(options.format, options.batchMs);
    this.#buffer = new ReplayBuffer(bytesOf(options.format, KEPT_MS), this.#batchBytes);
    this.#connect();
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Audio went out on this connection. */
  get hasSent(): boolean {
    return this.#anySent;
  }

  /** Behind it nothing is final. */
  get finalByte(): number {
    return this.#finalByte;
  }

  /** The oldest byte that can be sent again. */
  get oldestByte(): number {
    return this.#buffer.startByte;
  }

  /** Where `seconds` of audio since this connection began stand; within silence of ours, the place before it. */
  byteAt(seconds: number): number {
    const at = bytesOf(this.#options.format, seconds * 1000);
    let byte = this.#originByte + at;
    for (const seam of this.#seams) {
      if (seam.at >= at) break;
      byte += seam.missingBytes - Math.min(seam.silenceBytes, at - seam.at);
    }
    return byte;
  }

  /** Copied before it returns. Bounded: the oldest is dropped at the bound. `isVoice`: see `SttStream.write`. */
  write(audio: Uint8Array, isVoice = false): void {
    if (this.#over) return;
    if (audio.length <= this.#batchBytes) this.#take(audio);
    else
      for (let from = 0; from < audio.length; from += this.#batchBytes)
        this.#take(audio.subarray(from, from + this.#batchBytes));
    if (isVoice) this.#spoken(audio);
  }

  #take(audio: Uint8Array): void {
    this.#buffer.push(audio);
    const waiting = this.#buffer.endByte - this.#releasedByte;
    if (waiting >= this.#batchBytes) this.#release(waiting - (waiting % this.#batchBytes));
  }

  /** Sends what waits for its batch to fill. A lone byte of a sample stays for its other half. */
  flush(): void {
    const waiting = this.#buffer.endByte - this.#releasedByte;
    this.#release(waiting - (waiting % bytesPerSample(this.#options.format)));
  }

  #release(bytes: number): void {
    if (this.#over) return;
    this.#releasedByte += bytes;
    this.#skipDropped();
    this.pump();
  }

  /** Says something beside the audio, behind all that was sent; nothing where no connection is open. */
  tell(say: (connection: Connection) => void): void {
    if (!this.#over && this.#connection?.isOpen === true) say(this.#connection);
  }

  /** Sends what waits, as far as the connection takes it. */
  pump(): void {
    const connection = this.#connection;
    if (this.#over || connection === null || !connection.isOpen) return;
    const { format, clock, events } = this.#options;
    const mostBytes = bytesOf(format, UNSENT_MS);
    while (this.#sentByte < this.#releasedByte) {
      // What is sent again after a loss may be more than that, but is bounded by the buffer.
      if (connection.bufferedBytes > mostBytes && this.#anySent) {
        this.#blockedSinceMs ??= clock.nowMs();
        if (clock.nowMs() - this.#blockedSinceMs > BLOCKED_MS) this.#abandon('blocked');
        return;
      }
      const chunk = this.#buffer.read(this.#sentByte, Math.min(this.#releasedByte, this.#sentByte + this.#batchBytes));
      if (chunk === undefined || !connection.send(chunk)) return;
      this.#sentByte += chunk.length;
      this.#connectionBytes += chunk.length;
      this.#sentSinceBeat = true;
      this.#anySent = true;
    }
    this.#blockedSinceMs = null;
    events.onSent(connection);
  }

  /** Silence that nobody recorded, for a recogniser that must not go without audio. It moves no position. */
  sendSilence(ms: number): void {
    const { format } = this.#options;
    const silence = new Uint8Array(bytesOf(format, ms)).fill(silenceByte(format));
    if (this.#connection?.send(silence) !== true) return;
    this.#seam({ at: this.#connectionBytes, silenceBytes: silence.length, missingBytes: 0 });
    this.#connectionBytes += silence.length;
    this.#anySent = true;
  }

  /** What was sent before `byte` is understood for good, and never sent again. */
  confirm(byte: number): void {
    this.#finalByte = Math.max(this.#finalByte, Math.min(byte, this.#sentByte));
    this.#buffer.trim(this.#finalByte);
  }

  /** The other side understands what goes in. */
  heard(): void {
    this.#unheardSpeechMs = 0;
    this.recovered();
  }

  /** The connection holds: the next loss is a new one. */
  recovered(): void {
    this.#outageSinceMs = null;
    this.#tries = 0;
    this.#busyTries = 0;
  }

  /** No more audio comes: what is left of the batch goes out, and the connection is left. Idempotent. */
  end(): void {
    if (this.#over) return;
    this.flush();
    this.#end();
  }

  /** Audio that was dropped before it was sent is missing on the connection: its time goes on without it. */
  #skipDropped(): void {
    const missing = this.#buffer.startByte - this.#sentByte;
    if (missing <= 0) return;
    const { format, log } = this.#options;
    if (this.#unsentDroppedBytes === 0)
      log.warn({ vendor: 'deepgram' }, 'speech recognition lags: the oldest audio is dropped');
    this.#unsentDroppedBytes += missing;
    if (this.#connection?.isOpen === true)
      this.#seam({ at: this.#connectionBytes, silenceBytes: 0, missingBytes: missing });
    this.#sentByte = this.#buffer.startByte;
    this.#finalByte = Math.max(this.#finalByte, this.#sentByte - (this.#sentByte % bytesPerSample(format)));
  }

  /** Nothing is said any more of what stands before the oldest of many seams: they become one with the beginning. */
  #seam(seam: Seam): void {
    this.#seams.push(seam);
    if (this.#seams.length <= MOST_SEAMS) return;
    const [oldest] = this.#seams.splice(0, 1);
    this.#originByte += (oldest?.missingBytes ?? 0) - (oldest?.silenceBytes ?? 0);
  }

  #spoken(audio: Uint8Array): void {
    if (this.#connection?.isOpen !== true) return;
    this.#unheardSpeechMs += durationMs(this.#options.format, audio.length);
    if (this.#unheardSpeechMs > DEAF_AFTER_SPEECH_MS) this.#abandon('deaf');
  }

  #abandon(fault: 'blocked' | 'deaf'): void {
    this.#options.log.warn({ vendor: 'deepgram', fault }, 'a live transcription takes nothing in and is opened anew');
    this.#connection?.drop();
    this.#lost({ kind: 'silent' });
  }

  #connect(): void {
    const connection = this.#options.dial({
      onOpen: () => this.#opened(),
      onMessage: (message) => {
        if (!this.#over && this.#connection === connection) this.#options.events.onMessage(message);
      },
      onLost: (loss) => {
        if (!this.#over && this.#connection === connection) this.#lost(loss);
      },
    });
    this.#connection = connection;
  }

  #opened(): void {
    this.#buffer.trim(this.#finalByte);
    this.#sentByte = this.#buffer.startByte;
    this.#originByte = this.#sentByte;
    this.#connectionBytes = 0;
    this.#seams = [];
    this.#blockedSinceMs = null;
    this.#unheardSpeechMs = 0;
    this.#anySent = false;
    this.#sentSinceBeat = false;
    this.#beat();
    this.pump();
  }

  #beat(): void {
    const { clock, beatMs, events } = this.#options;
    this.#heartbeat = clock.setTimer(beatMs, () => {
      const idle = !this.#sentSinceBeat;
      this.#sentSinceBeat = false;
      if (this.#connection !== null) events.onBeat(this.#connection, { idle });
      this.pump();
      if (!this.#over && this.#connection !== null) this.#beat();
    });
  }

  #lost(loss: SocketLoss): void {
    this.#connection = null;
    this.#heartbeat?.cancel();
    const { clock, log, random, changeSettings, events } = this.#options;
    events.onInterrupted();
    const nowMs = clock.nowMs();
    this.#outageSinceMs ??= nowMs;
    const remedy = remedyOf(loss);
    const delayMs = this.#delayMs(remedy, random());
    const inTime = nowMs - this.#outageSinceMs + delayMs <= GIVE_UP_AFTER_MS;
    const again =
      remedy === 'again' ||
      (remedy === 'busy' && this.#busyTries++ === 0) ||
      (remedy === 'settings' && changeSettings());
    const error = deepgramFailed(loss);
    if (!again || !inTime) return this.#fail(error);
    this.#tries += 1;
    log.info(
      { vendor: 'deepgram', fault: error.message, delayMs: Math.round(delayMs) },
      'a live transcription is opened anew',
    );
    this.#retry = clock.setTimer(delayMs, () => this.#connect());
  }

  #delayMs(remedy: ReturnType<typeof remedyOf>, random: number): number {
    if (remedy === 'settings') return 0;
    if (remedy === 'busy') return 250 + random * 250;
    return (RETRY_AFTER_MS[Math.min(this.#tries, RETRY_AFTER_MS.length - 1)] ?? 0) * (0.75 + random * 0.5);
  }

  #fail(error: RingbackError): void {
    if (this.#over) return;
    this.#end();
    this.#options.events.onFail(error);
  }

  #end(): void {
    this.#over = true;
    this.#heartbeat?.cancel();
    this.#retry?.cancel();
    const { log, format, leave } = this.#options;
    if (this.#connection !== null) leave(this.#connection.leave(CLOSE_WITHIN_MS));
    this.#connection = null;
    if (this.#unsentDroppedBytes > 0) {
      const droppedMs = Math.round(durationMs(format, this.#unsentDroppedBytes));
      log.warn({ vendor: 'deepgram', droppedMs }, 'speech recognition did not get all that was said');
    }
  }
}
