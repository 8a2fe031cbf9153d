import type { AudioFormat } from '../../../media/audio-format.ts';
import { SDK_CONNECT_SECONDS, type TapOptions } from '../../wire/deepgram.ts';
import { openListenConnection } from '../listen-connection.ts';
import type { ConnectionEvents } from '../uplink.ts';
import { readMessage, type ListenMessage } from './messages.ts';

export interface ConnectionOptions extends TapOptions {
  readonly format: AudioFormat;
  readonly model: string;
  readonly language: string;
}

/** One transcription by a Nova model. Whoever opens it leaves it. */
export type Connection = ReturnType<typeof openConnection>;

/** So much silence ends a turn; the vendor's own agent examples take the same. */
const ENDPOINTING_MS = 300;
/** A gap after the last word, for where noise hides the silence. Less brings nothing: interims come once a second. */
const UTTERANCE_END_MS = 1000;

/** Opens one through the SDK. Nothing of it throws later; what fails comes as `onLost`. */
export function openConnection(options: ConnectionOptions, events: ConnectionEvents<ListenMessage>) {
  const { format, model, language } = options;
  return openListenConnection(
    options,
    (client) =>
      client.listen.v1.connect({
        model,
        language,
        encoding: format.encoding === 'pcm16' ? 'linear16' : format.encoding,
        sample_rate: format.sampleRateHz,
        channels: 1,
        interim_results: 'true',
        endpointing: ENDPOINTING_MS,
        utterance_end_ms: UTTERANCE_END_MS,
        vad_events: 'true',
        smart_format: 'true',
        // Or a number that is still being spoken would hold the words before it back.
        queryParams: { no_delay: 'true' },
        reconnectAttempts: 0,
        connectionTimeoutInSeconds: SDK_CONNECT_SECONDS,
      }),
    readMessage,
    events,
  );
}
