import type { AudioFormat } from '../../../media/audio-format.ts';
import { SDK_CONNECT_SECONDS, type TapOptions } from '../../wire/deepgram.ts';
import { openListenConnection } from '../listen-connection.ts';
import type { ConnectionEvents } from '../uplink.ts';
import { readMessage, type FluxMessage } from './messages.ts';

export interface ConnectionOptions extends TapOptions {
  readonly format: AudioFormat;
  readonly model: string;
  /** What is probably spoken, for a model that knows several; null says nothing. */
  readonly languageHint: string | null;
  /** How sure it must be to tell an end of turn early; 0: it never does. */
  readonly eagerThreshold: number;
}

/** One transcription by a Flux model. Whoever opens it leaves it. */
export type Connection = ReturnType<typeof openConnection>;

/** The vendor's own; the early one may not be above it. */
const END_OF_TURN_THRESHOLD = 0.7;
/** Silence that ends a turn whatever the model thinks of it; patience is the call's, which knows more of the talk. */
const END_OF_TURN_TIMEOUT_MS = 3000;

/** Opens one through the SDK. Nothing of it throws later; what fails comes as `onLost`. */
export function openConnection(options: ConnectionOptions, events: ConnectionEvents<FluxMessage>) {
  const { account, format, model, languageHint, eagerThreshold } = options;
  return openListenConnection(
    options,
    (client) =>
      client.listen.v2.connect({
        // The type wants it; the client's own key is what counts.
        Authorization: `Token ${account.key ?? ''}`,
        model,
        encoding: format.encoding === 'pcm16' ? 'linear16' : format.encoding,
        sample_rate: format.sampleRateHz,
        eot_threshold: END_OF_TURN_THRESHOLD,
        eot_timeout_ms: END_OF_TURN_TIMEOUT_MS,
        ...(eagerThreshold === 0 ? {} : { eager_eot_threshold: eagerThreshold }),
        ...(languageHint === null ? {} : { language_hint: languageHint }),
        reconnectAttempts: 0,
        connectionTimeoutInSeconds: SDK_CONNECT_SECONDS,
      }),
    readMessage,
    events,
  );
}
