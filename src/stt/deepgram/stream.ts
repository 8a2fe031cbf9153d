import type { SttEvents, SttStream } from '../stt.ts';
import { Uplink, type UplinkOptions } from '../uplink.ts';
import type { Connection } from './connection.ts';
import type { ListenMessage, Results } from './messages.ts';
import { Utterance } from './utterance.ts';

/** What a stream is opened with: an uplink but for what is known here. */
export type StreamOptions = Omit<UplinkOptions<ListenMessage, Connection>, 'beatMs' | 'events'>;

/** Deepgram closes after 10 s without audio or a sign of life. */
const HEARTBEAT_MS = 4000;
/** A sign of life is not enough on a fresh connection, there must be audio. */
const FIRST_SILENCE_MS = 100;

/** A live transcription by a Nova model: an uplink, and the turns that its words make. */
export class DeepgramStream implements SttStream {
  readonly #utterance: Utterance;
  readonly #uplink: Uplink<ListenMessage, Connection>;
  #finalizeWanted = false;
  #beats = 0;

  constructor(options: StreamOptions, events: SttEvents) {
    this.#utterance = new Utterance(events);
    this.#uplink = new Uplink({
      ...options,
      beatMs: HEARTBEAT_MS,
      events: {
        onInterrupted: () => void (this.#beats = 0),
        onSent: (connection) => {
          if (!this.#finalizeWanted || connection.socket === undefined) return;
          connection.socket.sendFinalize({ type: 'Finalize' });
          this.#finalizeWanted = false;
        },
        onMessage: (message) => this.#hear(message),
        onBeat: (connection, { idle }) => this.#beat(connection, idle),
        onFail: (error) => events.onError(error),
      },
    });
  }

  write(audio: Uint8Array, isVoice = false): void {
    this.#uplink.write(audio, isVoice);
  }

  finalize(): void {
    if (this.#uplink.isOver) return;
    this.#finalizeWanted = true;
    this.#uplink.flush();
  }

  [Symbol.dispose](): void {
    this.#uplink.end();
  }

  #beat(connection: Connection, idle: boolean): void {
    this.#beats += 1;
    if (!this.#uplink.hasSent && this.#beats > 1) this.#uplink.sendSilence(FIRST_SILENCE_MS);
    else if (idle) connection.socket?.sendKeepAlive({ type: 'KeepAlive' });
    // It has held for a while: the next loss is a new one.
    this.#uplink.recovered();
  }

  #hear(message: ListenMessage): void {
    this.#uplink.heard();
    if (message.type === 'SpeechStarted') return this.#utterance.speechStarted();
    if (message.type === 'UtteranceEnd') return this.#utterance.end();
    this.#hearWords(message);
  }

  #hearWords(results: Results): void {
    const text = (results.channel.alternatives[0]?.transcript ?? '').trim();
    if (!results.is_final) return this.#utterance.interim(text);
    const startByte = this.#uplink.byteAt(results.start);
    const endByte = this.#uplink.byteAt(results.start + results.duration);
    // Told already: a final that is repeated, or comes after a later one.
    const known = endByte <= this.#uplink.finalByte && startByte < this.#uplink.finalByte;
    if (!known) {
      this.#uplink.confirm(endByte);
      this.#utterance.final(text);
    }
    // A final that was asked for was asked for because they fell silent; Deepgram's own end may then never come.
    if (results.speech_final || results.from_finalize) this.#utterance.end();
  }
}
