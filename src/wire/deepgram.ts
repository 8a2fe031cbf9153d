import type * as Sdk from '@deepgram/sdk';
import { z } from 'zod';
import type { MonotonicClock } from '../clock.ts';
import { baseUrl, variable } from '../env.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import { openLiveSocket, type LiveSocket, type SocketLoss } from './live-socket.ts';

/*
 * What Deepgram's STT and TTS share: the account, and the way to a live socket. (developers.deepgram.com/reference)
 */

/** The account's variables, for the `env.ts` of each adapter that uses it. */
export const deepgramEnv = {
  DEEPGRAM_API_KEY: variable(z.string().min(1).optional(), 'Key of Deepgram: real speech recognition and voices.', {
    wants: 'a key of console.deepgram.com',
    secret: true,
  }),
  DEEPGRAM_BASE_URL: variable(
    baseUrl().optional(),
    'Where Deepgram is reached, without it https://api.deepgram.com: another region, or a server of your own.',
    { wants: 'an http(s) URL, for example https://api.eu.deepgram.com', example: 'https://api.deepgram.com' },
  ),
};

export interface DeepgramAccount {
  /** Null for a server of one's own that asks for none. */
  readonly key: string | null;
  /** Without a slash at the end. */
  readonly baseUrl: string;
}

/** Undefined where the environment names neither a key nor a base URL. */
export function deepgramAccount(settings: {
  readonly DEEPGRAM_API_KEY?: string | undefined;
  readonly DEEPGRAM_BASE_URL?: string | undefined;
}): DeepgramAccount | undefined {
  const { DEEPGRAM_API_KEY: key, DEEPGRAM_BASE_URL: url } = settings;
  if (key === undefined && url === undefined) return undefined;
  return { key: key ?? null, baseUrl: url ?? 'https://api.deepgram.com' };
}

export type DeepgramSdk = Pick<typeof Sdk, 'DeepgramClient'>;

/** What a tapped client is made with. */
export interface TapOptions {
  readonly sdk: DeepgramSdk;
  readonly account: DeepgramAccount;
  readonly clock: MonotonicClock;
  readonly log: Log;
}

export interface TapEvents {
  readonly onOpen: () => void;
  /** Audio, without the detour that the SDK would send it on. The bytes are the receiver's. */
  readonly onAudio: (audio: Uint8Array) => void;
  /** Once, and not after the socket was closed from here. */
  readonly onLost: (loss: SocketLoss) => void;
}

/** A client of the SDK for exactly one connection, and the socket under it. */
export interface TappedClient {
  readonly client: Sdk.DeepgramClient;
  /** Undefined until the SDK has dialled. Whoever made the client ends it. */
  readonly socket: LiveSocket | undefined;
}

/** The SDK's own time for dialling: longer than ours, so that ours decides. */
export const SDK_CONNECT_SECONDS = 30;
const MOST_MESSAGE_BYTES = 4 * 1024 * 1024;

/**
 * The SDK writes the URL, the headers and the messages; the socket is ours, by its public `transportFactory`. With its
 * own socket a refused handshake looks like a normal close and hides its status, a close is followed by reconnects that
 * lose audio, compression can't be switched off, its deadlines can't be moved by a test, and each frame of audio goes
 * through a Blob and a promise, at three times the CPU. A client weighs next to nothing and carries a session id, so
 * each connection gets its own.
 */
export function tapClient({ sdk, account, clock, log }: TapOptions, events: TapEvents): TappedClient {
  const onAudio = guarded(log, events.onAudio);
  const onOpen = guarded(log, events.onOpen);
  const onLost = guarded(log, events.onLost);
  const live = account.baseUrl.replace(/^http/, 'ws');
  let socket: LiveSocket | undefined;
  const transportFactory: Sdk.DeepgramTransportFactory = (url, headers) => {
    let toSdk: ((text: string) => void) | undefined;
    let opened: (() => void) | undefined;
    let ended: ((event: { code: number }) => void) | undefined;
    const own = openLiveSocket(
      { url, headers, clock, mostMessageBytes: MOST_MESSAGE_BYTES },
      {
        onOpen() {
          opened?.();
          onOpen();
        },
        onText: (text) => toSdk?.(text),
        onBinary: onAudio,
        onLost,
        // To the SDK every end is a normal one: what follows from it is decided here.
        onEnd: () => ended?.({ code: 1000 }),
      },
    );
    socket = own;
    return {
      send(data) {
        if (typeof data === 'string' || data instanceof Uint8Array) own.send(data);
      },
      isOpen: () => own.isOpen,
      close: () => own.terminate(),
      onOpen: (listener) => void (opened = listener),
      onMessage: (listener) => void (toSdk = listener),
      onError: () => undefined,
      onClose: (listener) => void (ended = listener),
    };
  };
  const client = new sdk.DeepgramClient({
    ...(account.key === null ? { auth: false as const } : { apiKey: account.key }),
    environment: { base: account.baseUrl, production: live, agent: live, agentRest: account.baseUrl },
    transportFactory,
    reconnect: false,
  });
  return {
    client,
    get socket() {
      return socket;
    },
  };
}

/**
 * A listener whose failure is logged and stays its own: thrown through a socket it would end the process and every call
 * in it; thrown through the SDK it would be printed, with whatever it says.
 */
export function guarded<Arguments extends unknown[]>(
  log: Log,
  listener: (...told: Arguments) => void,
): (...told: Arguments) => void {
  return (...told) => {
    try {
      listener(...told);
    } catch (error) {
      log.error(
        { vendor: 'deepgram', fault: error instanceof Error ? error.name : 'unknown' },
        'a listener of a vendor failed',
      );
    }
  };
}

/** What to do about a loss: `busy` is worth one more try, `settings` another model, language or voice, `never` nothing. */
export type Remedy = 'again' | 'busy' | 'settings' | 'never';

/** What a loss calls for. Statuses and close codes as in developers.deepgram.com/docs/stt-troubleshooting-websocket. */
export function remedyOf(loss: SocketLoss): Remedy {
  if (loss.kind === 'refused') {
    if (loss.status === 429) return 'busy';
    if (loss.status === 400 || loss.status === 403 || loss.status === 404) return 'settings';
    return loss.status >= 500 || loss.status === 408 ? 'again' : 'never';
  }
  // 1008 DATA-0000: it can't decode what it gets, and never will; 1003 and 1009 mean that we speak wrongly.
  if (loss.kind === 'closed') return [1003, 1009].includes(loss.code) || isUndecodable(loss) ? 'never' : 'again';
  return 'again';
}

/** The loss as one of our errors. Of the vendor's words only its own codes are kept. */
export function deepgramFailed(loss: SocketLoss): RingbackError {
  return new RingbackError('vendor_failed', ['Deepgram', describe(loss)]);
}

function describe(loss: SocketLoss): string {
  switch (loss.kind) {
    case 'refused':
      return `refused with ${loss.status} ${codeIn(`${String(loss.headers['dg-error'] ?? '')} ${loss.body}`)}`.trim();
    case 'closed':
      return `closed with ${loss.code} ${codeIn(loss.reason)}`.trim();
    case 'unreachable':
      return 'could not be reached';
    case 'silent':
      return 'fell silent';
  }
}

function isUndecodable(loss: { readonly code: number; readonly reason: string }): boolean {
  return loss.code === 1008 && loss.reason.includes('DATA-0000');
}

/** INVALID_AUTH, NET-0001 and the like; nothing else of the vendor's words, for they may repeat ours. */
function codeIn(text: string): string {
  return /\b[A-Z]{3,12}(?:_[A-Z]{2,16}){1,4}\b|\b[A-Z]{3,8}-\d{4}\b/.exec(text)?.[0] ?? '';
}
