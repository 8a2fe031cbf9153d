import type { FakeConnection } from './deepgram-connection.ts';
import type { Hearing } from './deepgram-hearing.ts';

/** How `/v2/listen` behaves; a test may change it at any time. */
export interface FluxListenBehaviour {
  /** Hears nothing and says nothing, but answers pings. */
  deaf: boolean;
  /** Greets, and hangs up. */
  hangsUp: boolean;
  /** Silence after which it is fairly sure of the end. */
  eagerAfterMs: number;
  /** Silence after which it is sure. */
  endAfterMs: number;
  /** Each message comes twice. */
  repeats: boolean;
  /** Words carry their times. */
  wordTimes: boolean;
}

const SLICE_MS = 20;
const UPDATE_EVERY_MS = 250;

interface HeardWord {
  readonly word: string;
  readonly confidence: number;
  readonly start?: number;
  readonly end?: number;
}

/**
 * The other end of one transcription by a Flux model: turns on audio time, in the order that the vendor promises. Without
 * audio nothing happens: no turn ends, and none is timed out. (developers.deepgram.com/docs/flux/state)
 */
export function serveFluxListen(connection: FakeConnection, hearing: Hearing, behaviour: FluxListenBehaviour): void {
  const { query, socket } = connection;
  const bytesPerMs = (Number(query.get('sample_rate')) / 1000) * (query.get('encoding') === 'linear16' ? 2 : 1);
  const sliceBytes = bytesPerMs * SLICE_MS;
  const isEager = query.has('eager_eot_threshold');
  const timeoutMs = Number(query.get('eot_timeout_ms') ?? 5000);
  let rest = Buffer.alloc(0);
  let nowMs = 0;
  let sequence = 0;
  let turn = 0;
  let beganMs: number | null = null;
  let lastVoiceMs = 0;
  let lastUpdateMs = 0;
  let early: string | null = null;
  let words: HeardWord[] = [];

  const send = (message: object): void => {
    const numbered = { request_id: 'fake', sequence_id: sequence++, ...message };
    connection.say(numbered);
    if (behaviour.repeats) connection.say(numbered);
  };
  const text = (): string => words.map(({ word }) => word).join(' ');
  const tell = (event: string, more: object = {}): void => {
    lastUpdateMs = nowMs;
    const [transcript, of] = [text(), words];
    send({
      type: 'TurnInfo',
      event,
      turn_index: turn,
      audio_window_start: (beganMs ?? nowMs) / 1000,
      audio_window_end: nowMs / 1000,
      transcript,
      words: of,
      end_of_turn_confidence: 0.5,
      ...more,
    });
  };
  const hearWords = (): void => {
    for (const word of hearing
      .take()
      .split(' ')
      .filter((each) => each !== '')) {
      const times = { start: Math.max(0, nowMs - SLICE_MS) / 1000, end: nowMs / 1000 };
      words.push({ word, confidence: 0.98, ...(behaviour.wordTimes ? times : {}) });
    }
  };
  const end = (trigger: string): void => {
    tell('EndOfTurn', { trigger });
    turn += 1;
    beganMs = null;
    early = null;
    words = [];
  };

  const hear = (slice: Uint8Array): void => {
    const voice = hearing.hear(slice, nowMs);
    nowMs += SLICE_MS;
    hearWords();
    if (voice) {
      lastVoiceMs = nowMs;
      if (beganMs === null) {
        beganMs = nowMs - SLICE_MS;
        return tell('StartOfTurn');
      }
      if (early !== null) {
        early = null;
        return tell('TurnResumed');
      }
    } else if (beganMs !== null) {
      const silentMs = nowMs - lastVoiceMs;
      // Words that come late change what was told early.
      if (early !== null && early !== text()) {
        early = null;
        return tell('TurnResumed');
      }
      if (silentMs >= behaviour.endAfterMs && text() !== '') return end('model');
      if (silentMs >= timeoutMs) return end('timeout');
      if (isEager && early === null && silentMs >= behaviour.eagerAfterMs && text() !== '') {
        early = text();
        return tell('EagerEndOfTurn');
      }
    }
    if (nowMs - lastUpdateMs >= UPDATE_EVERY_MS) tell('Update');
  };

  send({ type: 'Connected' });
  if (behaviour.hangsUp) connection.close(1011, 'NET-0000');
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) {
      connection.audio.push(data);
      if (!behaviour.deaf) {
        rest = Buffer.concat([rest, data]);
        while (rest.length >= sliceBytes) {
          hear(rest.subarray(0, sliceBytes));
          rest = rest.subarray(sliceBytes);
        }
      }
    } else {
      const message = JSON.parse(data.toString()) as { type: string };
      connection.messages.push(message);
      // It finalizes nothing and gives no status: the client sees 1005.
      if (message.type === 'CloseStream') socket.close();
      else if (message.type === 'ForceEndTurn') end('manual');
      else if (message.type === 'Configure') send({ type: 'ConfigureSuccess' });
      else {
        send({ type: 'Error', code: 'UNPARSABLE_CLIENT_MESSAGE', description: 'not understood by the fake' });
        connection.close(1008, 'DATA-0000');
      }
    }
    connection.changed();
  });
}
