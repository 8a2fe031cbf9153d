import { bytesOf, bytesPerSample, durationMs, silenceByte, type AudioFormat } from '../../../media/audio-format.ts';
import { openEnergyGate, type VoiceActivity } from '../../../media/voice-activity.ts';
import type { Clock, Timer } from '../../clock.ts';
import type { RingbackError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { deepgramFailed, remedyOf } from '../../wire/deepgram.ts';
import type { SocketLoss } from '../../wire/live-socket.ts';
import type { SttEvents, SttStream } from '../stt.ts';
import type { Connection, ConnectionEvents } from './connection.ts';
import type { ListenMessage, Results } from './messages.ts';
import { ReplayBuffer } from './replay-buffer.ts';
import { Utterance } from './utterance.ts';

/** Opens a connection with the settings in force. */
export type Dial = (events: ConnectionEvents) => Connection;

export interface StreamOptions {
  readonly format: AudioFormat;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly dial: Dial;
  /** The settings were refused: true where others are left to be tried. */
  readonly changeSettings: () => boolean;
  /** Owns a connection until it is closed. */
  readonly leave: (closing: Promise<void>) => void;
}

/** Audio goes in parts of this length: each part costs a system call, and waits for its end. */
const BATCH_MS = 40;
/** What is kept for a reconnect, and at most sent again: more would lag behind the call. */
const KEPT_MS = 5000;
/** So much unsent in this process means that the network does not take it: it waits in the buffer, which drops. */
const UNSENT_MS = 1000;
const BLOCKED_MS = 3000;
/** Deepgram closes after 10 s without audio or a sign of life. */
const HEARTBEAT_MS = 4000;
/** A sign of life is not enough on a fresh connection, there must be audio. */
const FIRST_SILENCE_MS = 100;
/** Speech that goes in for so long while no word of any kind comes out: the other side is deaf. */
const DEAF_AFTER_SPEECH_MS = 5000;
const RETRY_AFTER_MS = [0, 250, 500, 1000];
/** An outage that lasts longer is told: the call has to say something. */
const GIVE_UP_AFTER_MS = 5000;
const CLOSE_WITHIN_MS = 2000;

/**
 * A transcription that outlives its connections. All positions are bytes of audio since it was opened; a connection
 * begins at one of them. After a loss the audio behind the last final goes again, so that no word is lost or doubled.
 */
export class DeepgramStream implements SttStream {
  readonly #options: StreamOptions;
  readonly #events: SttEvents;
  readonly #utterance: Utterance;
  readonly #buffer: ReplayBuffer;
  readonly #gate: VoiceActivity;
  #batch: Uint8Array;
  #filled = 0;
  #connection: Connection | null = null;
  /** The byte at which the audio of this connection begins. */
  #originByte = 0;
  #sentByte = 0;
  #finalByte = 0;
  #unsentDroppedBytes = 0;
  #heartbeat: Timer | null = null;
  #retry: Timer | null = null;
  #sentSinceBeat = false;
  #anySent = false;
  #beats = 0;
  #blockedSinceMs: number | null = null;
  #unheardSpeechMs = 0;
  #finalizeWanted = false;
  #outageSinceMs: number | null = null;
  #tries = 0;
  #busyTries = 0;
  #over = false;

  constructor(options: StreamOptions, events: SttEvents) {
    this.#options = options;
    this.#events = events;
    this.#utterance = new Utterance(events);
    this.#buffer = new ReplayBuffer(bytesOf(options.format, KEPT_MS));
    this.#gate = openEnergyGate(options.format);
    this.#batch = new Uint8Array(bytesOf(options.format, BATCH_MS));
    this.#connect();
  }

  write(audio: Uint8Array): void {
    if (this.#over) return;
    let from = 0;
    while (from < audio.length) {
      const part = audio.subarray(from, from + this.#batch.length - this.#filled);
      this.#batch.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
      if (this.#filled === this.#batch.length) this.#take();
    }
  }

  finalize(): void {
    if (this.#over) return;
    this.#take();
    this.#finalizeWanted = true;
    this.#pump();
  }

  [Symbol.dispose](): void {
    if (this.#over) return;
    this.#take();
    this.#end();
  }

  /** Puts the batch, whole or not, behind what waits. A lone byte of a sample stays for its other half. */
  #take(): void {
    const whole = this.#filled - (this.#filled % bytesPerSample(this.#options.format));
    if (whole === 0) return;
    const chunk = this.#batch.subarray(0, whole);
    const rest = this.#batch.subarray(whole, this.#filled);
    this.#batch = new Uint8Array(this.#batch.length);
    this.#batch.set(rest);
    this.#filled = rest.length;
    this.#buffer.push(chunk);
    this.#skipDropped();
    this.#listenFor(chunk);
    this.#pump();
  }

  #pump(): void {
    const connection = this.#connection;
    if (connection === null || !connection.isOpen) return;
    const { format, clock } = this.#options;
    const mostBytes = bytesOf(format, UNSENT_MS);
    for (let chunk = this.#buffer.at(this.#sentByte); chunk !== undefined; chunk = this.#buffer.at(this.#sentByte)) {
      // What is sent again after a loss may be more than that, but is bounded by the buffer.
      if (connection.bufferedBytes > mostBytes && this.#anySent) {
        this.#blockedSinceMs ??= clock.nowMs();
        if (clock.nowMs() - this.#blockedSinceMs > BLOCKED_MS) this.#abandon('blocked');
        return;
      }
      if (!connection.send(chunk)) return;
      this.#sentByte += chunk.length;
      this.#sentSinceBeat = true;
      this.#anySent = true;
    }
    this.#blockedSinceMs = null;
    if (this.#finalizeWanted && connection.finalize()) this.#finalizeWanted = false;
  }

  /** Audio that was dropped before it was sent is missing on the connection: its time goes on without it. */
  #skipDropped(): void {
    const missing = this.#buffer.startByte - this.#sentByte;
    if (missing <= 0) return;
    const { format, log } = this.#options;
    if (this.#unsentDroppedBytes === 0)
      log.warn({ vendor: 'deepgram' }, 'speech recognition lags: the oldest audio is dropped');
    this.#unsentDroppedBytes += missing;
    if (this.#connection?.isOpen === true) this.#originByte += missing;
    this.#sentByte = this.#buffer.startByte;
    this.#finalByte = Math.max(this.#finalByte, this.#sentByte - (this.#sentByte % bytesPerSample(format)));
  }

  #listenFor(chunk: Uint8Array): void {
    this.#gate.hear(chunk);
    if (!this.#gate.speaking || this.#connection?.isOpen !== true) return;
    this.#unheardSpeechMs += durationMs(this.#options.format, chunk.length);
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
        if (!this.#over && this.#connection === connection) this.#hear(message);
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
    this.#blockedSinceMs = null;
    this.#unheardSpeechMs = 0;
    this.#anySent = false;
    this.#sentSinceBeat = false;
    this.#beats = 0;
    this.#beat();
    this.#pump();
  }

  #beat(): void {
    const { clock, format } = this.#options;
    this.#heartbeat = clock.setTimer(HEARTBEAT_MS, () => {
      this.#beats += 1;
      if (!this.#anySent && this.#beats > 1) {
        const silence = new Uint8Array(bytesOf(format, FIRST_SILENCE_MS)).fill(silenceByte(format));
        if (this.#connection?.send(silence) === true) {
          this.#originByte -= silence.length;
          this.#anySent = true;
        }
      } else if (!this.#sentSinceBeat) this.#connection?.keepAlive();
      this.#sentSinceBeat = false;
      // It has held for a while: the next loss is a new one.
      this.#recovered();
      this.#pump();
      if (!this.#over && this.#connection !== null) this.#beat();
    });
  }

  #hear(message: ListenMessage): void {
    this.#unheardSpeechMs = 0;
    this.#recovered();
    if (message.type === 'SpeechStarted') return this.#utterance.speechStarted();
    if (message.type === 'UtteranceEnd') return this.#utterance.end();
    this.#hearWords(message);
  }

  #hearWords(results: Results): void {
    const text = (results.channel.alternatives[0]?.transcript ?? '').trim();
    if (!results.is_final) return this.#utterance.interim(text);
    const startByte = this.#originByte + bytesOf(this.#options.format, results.start * 1000);
    const endByte = this.#originByte + bytesOf(this.#options.format, (results.start + results.duration) * 1000);
    // Told already: a final that is repeated, or comes after a later one.
    const known = endByte <= this.#finalByte && startByte < this.#finalByte;
    if (!known) {
      this.#finalByte = Math.max(this.#finalByte, Math.min(endByte, this.#sentByte));
      this.#buffer.trim(this.#finalByte);
      this.#utterance.final(text);
    }
    // A final that was asked for was asked for because they fell silent; Deepgram's own end may then never come.
    if (results.speech_final || results.from_finalize) this.#utterance.end();
  }

  #recovered(): void {
    this.#outageSinceMs = null;
    this.#tries = 0;
    this.#busyTries = 0;
  }

  #lost(loss: SocketLoss): void {
    this.#connection = null;
    this.#heartbeat?.cancel();
    const { clock, log, random, changeSettings } = this.#options;
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
    this.#events.onError(error);
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
