import type { SttEvents, SttStream } from '../stt.ts';
import { Uplink, type UplinkOptions } from '../uplink.ts';
import type { Connection } from './connection.ts';
import type { FluxMessage, TurnInfo } from './messages.ts';

/** What a stream is opened with: an uplink but for what is known here. */
export type StreamOptions = Omit<UplinkOptions<FluxMessage, Connection>, 'batchMs' | 'beatMs' | 'events'>;

/** The vendor's strong advice: the model listens in steps of this length. */
const BATCH_MS = 80;
/** Without audio a turn never ends, and there is no sign of life: where none came for so long, silence goes instead. */
const SILENT_BEAT_MS = 500;
/** So much of one turn is heard: some ten minutes. */
const MOST_CHARACTERS = 8000;

/**
 * A live transcription by a Flux model, which decides itself when a turn is over, and may say early that it seems so.
 * A turn that a loss of the connection cuts in two stays one: what can't be sent again is kept as text, and the new
 * connection's turn is the rest of it.
 */
export class FluxStream implements SttStream {
  readonly #events: SttEvents;
  readonly #uplink: Uplink<FluxMessage, Connection>;
  /** Of the turn that is being spoken: what earlier connections heard of it. */
  #before = '';
  #turn: TurnInfo | null = null;
  #lastSequence = -1;
  #lastTurn = -1;
  #hasStarted = false;
  /** An early end that was told and neither taken back nor made good. */
  #isEarly = false;

  constructor(options: StreamOptions, events: SttEvents) {
    this.#events = events;
    this.#uplink = new Uplink({
      ...options,
      batchMs: BATCH_MS,
      beatMs: SILENT_BEAT_MS,
      events: {
        onInterrupted: () => this.#interrupted(),
        onSent: () => undefined,
        onMessage: (message) => this.#hear(message),
        onBeat: (_connection, { idle }) => {
          // What waits for its batch to fill comes first.
          if (idle) this.#uplink.flush();
          if (idle) this.#uplink.sendSilence(SILENT_BEAT_MS);
        },
        onFail: (error) => events.onError(error),
      },
    });
  }

  write(audio: Uint8Array, isVoice = false): void {
    this.#uplink.write(audio, isVoice);
  }

  /** The model decides; all that can be done is to let it have everything. */
  finalize(): void {
    this.#uplink.flush();
  }

  /** Only within a turn: told between two, it would cut the next one short. */
  endTurn(): void {
    this.#uplink.flush();
    if (this.#turn === null || !this.#hasStarted) return;
    this.#uplink.tell((connection) => connection.socket?.sendForceEndTurn({ type: 'ForceEndTurn' }));
  }

  [Symbol.dispose](): void {
    this.#uplink.end();
  }

  #hear(message: FluxMessage): void {
    // A greeting says that somebody is there, not that they stay: only what is said of audio ends an outage.
    if (message.type !== 'TurnInfo') return;
    this.#uplink.heard();
    if (message.sequence_id <= this.#lastSequence || message.turn_index <= this.#lastTurn) return;
    this.#lastSequence = message.sequence_id;
    this.#turn = message;
    this.#tell(message);
  }

  #tell(turn: TurnInfo): void {
    const text = this.#textOf(turn);
    if (turn.event === 'TurnResumed') this.#resumed();
    if (turn.event === 'EndOfTurn') return this.#ended(turn, text);
    if (turn.event === 'StartOfTurn' || text !== '') this.#started();
    if (text === '') return;
    this.#events.onInterim(text);
    if (turn.event === 'EagerEndOfTurn') {
      this.#isEarly = true;
      this.#events.onEndOfTurn(text, true);
    }
  }

  #ended(turn: TurnInfo, text: string): void {
    this.#lastTurn = turn.event === 'EndOfTurn' ? turn.turn_index : this.#lastTurn;
    this.#before = '';
    this.#turn = null;
    this.#hasStarted = false;
    this.#isEarly = false;
    this.#uplink.confirm(this.#uplink.byteAt(turn.audio_window_end));
    if (text === '') return;
    this.#events.onFinal(text);
    this.#events.onEndOfTurn(text, false);
  }

  #started(): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#events.onSpeechStarted();
  }

  #resumed(): void {
    if (!this.#isEarly) return;
    this.#isEarly = false;
    this.#events.onTurnResumed();
  }

  /**
   * The next connection begins at turn 0 and hears the last seconds again. Words that are older than those stay as they
   * were understood; the audio behind the last of them is what is heard again.
   */
  #interrupted(): void {
    this.#resumed();
    this.#lastSequence = -1;
    this.#lastTurn = -1;
    const turn = this.#turn;
    this.#turn = null;
    if (turn === null) return;
    const lost = turn.words.findIndex(
      ({ start }) => start === undefined || this.#uplink.byteAt(start) >= this.#uplink.oldestByte,
    );
    const kept = lost < 0 ? turn.words : turn.words.slice(0, lost);
    const last = kept.at(-1);
    if (last?.end === undefined) return;
    this.#before = [this.#before, ...kept.map(({ word }) => word)]
      .filter((part) => part !== '')
      .join(' ')
      .slice(0, MOST_CHARACTERS);
    this.#uplink.confirm(this.#uplink.byteAt(last.end));
  }

  #textOf(turn: TurnInfo): string {
    const text = turn.transcript.trim();
    return [this.#before, text]
      .filter((part) => part !== '')
      .join(' ')
      .slice(0, MOST_CHARACTERS);
  }
}
