import type { Clock, Timer } from '../../src/clock.ts';
import type { FakeConnection } from './deepgram-connection.ts';
import type { Hearing } from './deepgram-hearing.ts';

/** How `/v1/listen` behaves; a test may change it at any time. */
export interface ListenBehaviour {
  /** Hears nothing and says nothing, but answers pings. */
  deaf: boolean;
  /** The pause after speech is heard; false: noise hides it, so that only UtteranceEnd comes. */
  speechFinal: boolean;
  /** Finals come; false: interims alone. */
  finals: boolean;
  /** Each final comes twice. */
  repeatFinals: boolean;
  /** Audio time between two interims. */
  interimEveryMs: number;
}

const SLICE_MS = 20;
const LONGEST_SEGMENT_MS = 5000;
const IDLE_MS = 10_000;

/** The other end of one live transcription: words on audio time, as `/v1/listen` tells them. */
export function serveListen(
  connection: FakeConnection,
  hearing: Hearing,
  behaviour: ListenBehaviour,
  clock: Clock,
): void {
  const { query, socket } = connection;
  const bytesPerMs = (Number(query.get('sample_rate')) / 1000) * (query.get('encoding') === 'linear16' ? 2 : 1);
  const sliceBytes = bytesPerMs * SLICE_MS;
  const endpointing = query.get('endpointing') === 'false' ? Infinity : Number(query.get('endpointing') ?? 10);
  const utteranceEndMs = Number(query.get('utterance_end_ms') ?? Infinity);
  let rest = Buffer.alloc(0);
  let nowMs = 0;
  let segmentMs = 0;
  let lastVoiceMs = 0;
  let lastInterimMs = 0;
  let inVoice = false;
  let utteranceEndDue = false;
  let idle: Timer | undefined;

  const signOfLife = (): void => {
    idle?.cancel();
    idle = clock.setTimer(IDLE_MS, () => connection.close(1011, 'NET-0001'));
  };
  const results = (transcript: string, flags: object): object => ({
    type: 'Results',
    channel_index: [0, 1],
    start: segmentMs / 1000,
    duration: (nowMs - segmentMs) / 1000,
    is_final: false,
    speech_final: false,
    from_finalize: false,
    channel: { alternatives: [{ transcript, confidence: 0.99, words: [] }] },
    metadata: { request_id: 'fake', model_uuid: 'fake' },
    ...flags,
  });
  const final = (flags: object): void => {
    if (!behaviour.finals) return;
    const message = results(hearing.take(), { is_final: true, ...flags });
    connection.say(message);
    if (behaviour.repeatFinals) connection.say(message);
    segmentMs = nowMs;
    lastInterimMs = nowMs;
  };

  const hear = (slice: Uint8Array): void => {
    const voice = hearing.hear(slice, nowMs);
    nowMs += SLICE_MS;
    if (voice) {
      if (!inVoice && query.get('vad_events') === 'true')
        connection.say({ type: 'SpeechStarted', channel: [0, 1], timestamp: (nowMs - SLICE_MS) / 1000 });
      inVoice = true;
      lastVoiceMs = nowMs;
      utteranceEndDue = true;
    } else if (inVoice && nowMs - lastVoiceMs >= endpointing && behaviour.speechFinal) {
      inVoice = false;
      final({ speech_final: true });
    } else if (utteranceEndDue && nowMs - lastVoiceMs >= utteranceEndMs) {
      if (inVoice) final({});
      inVoice = false;
      utteranceEndDue = false;
      connection.say({ type: 'UtteranceEnd', channel: [0, 1], last_word_end: lastVoiceMs / 1000 });
    } else if (!inVoice && nowMs - segmentMs >= LONGEST_SEGMENT_MS) final({});
    if (hearing.words !== '' && nowMs - lastInterimMs >= behaviour.interimEveryMs) {
      lastInterimMs = nowMs;
      if (query.get('interim_results') === 'true') connection.say(results(hearing.words, {}));
    }
  };

  signOfLife();
  socket.on('close', () => idle?.cancel());
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) {
      connection.audio.push(data);
      if (data.length === 0) return connection.close(1000, '');
      signOfLife();
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
      if (!behaviour.deaf && message.type === 'Finalize') final({ from_finalize: true });
      if (message.type === 'KeepAlive' && connection.audio.length > 0) signOfLife();
      if (message.type === 'CloseStream') {
        final({});
        connection.say({ type: 'Metadata', request_id: 'fake', duration: nowMs / 1000, channels: 1 });
        connection.close(1000, '');
      }
    }
    connection.changed();
  });
}
