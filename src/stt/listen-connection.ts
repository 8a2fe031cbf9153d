import type { DeepgramClient } from '@deepgram/sdk';
import { guarded, tapClient, type TapOptions } from '../wire/deepgram.ts';
import type { ConnectionEvents, UplinkConnection } from './uplink.ts';

/** What the SDK's sockets of both versions of listening have in common. */
interface ListenSocket {
  on(event: 'message', hear: (message: unknown) => void): void;
  connect(): unknown;
  sendMedia(audio: Uint8Array): void;
  sendCloseStream(message: { type: 'CloseStream' }): void;
}

/** One live transcription through the SDK. Whoever opens it leaves it. */
export interface ListenConnection<Socket> extends UplinkConnection {
  /** The SDK's socket while it is open. */
  readonly socket: Socket | undefined;
}

/**
 * Dials one. `read` makes a message of what comes, undefined for one that changes nothing. Nothing of it throws later;
 * what fails comes as `onLost`.
 */
export function openListenConnection<Socket extends ListenSocket, Message>(
  options: TapOptions,
  dial: (client: DeepgramClient) => Promise<Socket>,
  read: (raw: unknown) => Message | undefined,
  events: ConnectionEvents<Message>,
): ListenConnection<Socket> {
  let left = false;
  let line: Socket | undefined;
  const tapped = tapClient(options, {
    onOpen: () => events.onOpen(),
    onAudio: () => undefined,
    onLost: (loss) => events.onLost(loss),
  });
  const dialled = dial(tapped.client).then(
    (socket) => {
      if (left) return;
      line = socket;
      const hear = guarded(options.log, (raw: unknown) => {
        const message = read(raw);
        if (message !== undefined) events.onMessage(message);
      });
      socket.on('message', hear);
      socket.connect();
    },
    () => {
      if (!left) events.onLost({ kind: 'unreachable' });
    },
  );
  const open = (): Socket | undefined => (tapped.socket?.isOpen === true ? line : undefined);

  return {
    get socket() {
      return open();
    },
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
