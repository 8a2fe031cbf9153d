import type { AudioFormat } from '../../../media/audio-format.ts';
import { guarded, SDK_CONNECT_SECONDS, tapClient, type TapOptions } from '../../wire/deepgram.ts';
import type { SocketLoss } from '../../wire/live-socket.ts';
import { readMessage, type ListenMessage } from './messages.ts';

export interface ConnectionOptions extends TapOptions {
  readonly format: AudioFormat;
  readonly model: string;
  readonly language: string;
}

export interface ConnectionEvents {
  onOpen(): void;
  onMessage(message: ListenMessage): void;
  /** Once, and not after `leave`. */
  onLost(loss: SocketLoss): void;
}

/** One live transcription. Whoever opens it leaves it. */
export interface Connection {
  readonly isOpen: boolean;
  readonly bufferedBytes: number;
  /** False where it is not open. `audio` must not be empty: that would end the stream. */
  send(audio: Uint8Array): boolean;
  keepAlive(): void;
  finalize(): boolean;
  /** Says that no more comes, and resolves when Deepgram has closed it, or after `withinMs`. */
  leave(withinMs: number): Promise<void>;
  /** Drops it without a word. */
  drop(): void;
}

/** So much silence ends a turn; the vendor's own agent examples take the same. */
const ENDPOINTING_MS = 300;
/** A gap after the last word, for where noise hides the silence. Less brings nothing: interims come once a second. */
const UTTERANCE_END_MS = 1000;

/** Opens one through the SDK. Nothing of it throws later; what fails comes as `onLost`. */
export function openConnection(options: ConnectionOptions, events: ConnectionEvents): Connection {
  const { log, format, model, language } = options;
  let left = false;
  const tapped = tapClient(options, {
    onOpen: () => events.onOpen(),
    onAudio: () => undefined,
    onLost: (loss) => events.onLost(loss),
  });
  const dialling = tapped.client.listen.v1.connect({
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
  });
  let line: Awaited<typeof dialling> | undefined;
  const dialled = dialling.then(
    (socket) => {
      if (left) return;
      line = socket;
      const hear = guarded(log, (raw: unknown) => {
        const message = readMessage(raw);
        if (message !== undefined) events.onMessage(message);
      });
      socket.on('message', hear);
      socket.connect();
    },
    () => {
      if (!left) events.onLost({ kind: 'unreachable' });
    },
  );
  const open = (): typeof line => (tapped.socket?.isOpen === true ? line : undefined);

  return {
    get isOpen() {
      return open() !== undefined;
    },
    get bufferedBytes() {
      return tapped.socket?.bufferedBytes ?? 0;
    },
    send(audio) {
      const socket = open();
      socket?.sendMedia(audio);
      return socket !== undefined;
    },
    keepAlive: () => open()?.sendKeepAlive({ type: 'KeepAlive' }),
    finalize() {
      const socket = open();
      socket?.sendFinalize({ type: 'Finalize' });
      return socket !== undefined;
    },
    async leave(withinMs) {
      left = true;
      const socket = open();
      socket?.sendCloseStream({ type: 'CloseStream' });
      await dialled;
      if (socket === undefined) tapped.socket?.terminate();
      else await tapped.socket?.whenClosed(withinMs);
    },
    drop() {
      left = true;
      tapped.socket?.terminate();
    },
  };
}
