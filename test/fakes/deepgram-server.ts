import { once } from 'node:events';
import { createServer, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { systemClock, type Clock } from '../../src/clock.ts';
import { until } from '../support/until.ts';
import { FakeConnection } from './deepgram-connection.ts';
import { hearBursts, type Hearing } from './deepgram-hearing.ts';
import { serveFluxListen, type FluxListenBehaviour } from './deepgram-flux-listen.ts';
import { serveFluxSpeak, type FluxSpeakBehaviour } from './deepgram-flux-speak.ts';
import { serveListen, type ListenBehaviour } from './deepgram-listen.ts';
import { serveSpeak, type SpeakBehaviour } from './deepgram-speak.ts';

export interface DeepgramServerOptions {
  /** The only key that is let in; null: anybody. */
  readonly key?: string | null;
  /** What it measures its own times with. */
  readonly clock?: Clock;
  /** A fresh one for each connection. */
  readonly hearing?: () => Hearing;
  /** Languages that it understands. */
  readonly languages?: readonly string[];
  /** A free one, if not named. */
  readonly port?: number;
}

export type HandshakeFault = {
  /** Only a handshake of this kind is met by it; unset: any. */
  readonly on?: 'listen' | 'speak';
} & (
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly code?: string;
      readonly headers?: Record<string, string>;
    }
  /** It takes the connection and never answers. */
  | { readonly kind: 'hang' }
  /** It takes the connection and breaks it. */
  | { readonly kind: 'reset' }
);

/** Deepgram's live endpoints on loopback, `listen` and `speak` of versions 1 and 2. Whoever opened it disposes it. */
export interface DeepgramServer extends AsyncDisposable {
  /** For `DEEPGRAM_BASE_URL`. */
  readonly url: string;
  readonly listening: ListenBehaviour;
  readonly speaking: SpeakBehaviour;
  readonly fluxListening: FluxListenBehaviour;
  readonly fluxSpeaking: FluxSpeakBehaviour;
  /** Accepted sockets, in the order in which they came. */
  readonly listens: readonly FakeConnection[];
  readonly speaks: readonly FakeConnection[];
  /** Texts that were spoken; the index is the speech's number. */
  readonly speeches: readonly string[];
  /** Handshakes of any outcome. */
  readonly handshakes: number;
  /** What happens to the next handshakes, one each. */
  failNext(...faults: HandshakeFault[]): void;
  /** No handshake fails any more. */
  mend(): void;
  /** The `number`th (from 0) accepted socket of that kind, as soon as it is there. */
  listen(number: number): Promise<FakeConnection>;
  speak(number: number): Promise<FakeConnection>;
}

const codes: Record<number, string> = {
  400: 'INVALID_QUERY_PARAMETER',
  401: 'INVALID_AUTH',
  402: 'ASR_PAYMENT_REQUIRED',
  403: 'INSUFFICIENT_PERMISSIONS',
  429: 'TOO_MANY_REQUESTS',
};

/** Opens one that speaks the vendor's protocol, and its failures on command. */
export async function openDeepgramServer(options: DeepgramServerOptions = {}): Promise<DeepgramServer> {
  const { key = 'test-key', clock = systemClock, languages = ['en', 'en-US', 'es', 'multi'] } = options;
  const hearing = options.hearing ?? hearBursts(['hello there', 'call me back in one minute', 'goodbye']);
  const faults: HandshakeFault[] = [];
  const listens: FakeConnection[] = [];
  const speaks: FakeConnection[] = [];
  const speeches: string[] = [];
  const sockets = new Set<Duplex>();
  const arrivals = new Set<() => void>();
  let handshakes = 0;
  const listening: ListenBehaviour = {
    deaf: false,
    speechFinal: true,
    finals: true,
    repeatFinals: false,
    interimEveryMs: 500,
  };
  const speaking: SpeakBehaviour = {
    firstAudioMs: 0,
    pace: Infinity,
    msPerCharacter: 40,
    chunkBytes: 4800,
    stallAfterBytes: null,
    empty: false,
    spells: false,
    wavHeader: false,
    holdCleared: false,
    strayBytes: 0,
    refuseFlushes: false,
  };
  const fluxListening: FluxListenBehaviour = {
    deaf: false,
    hangsUp: false,
    eagerAfterMs: 200,
    endAfterMs: 400,
    repeats: false,
    wordTimes: true,
  };
  const fluxSpeaking: FluxSpeakBehaviour = {
    firstAudioMs: 0,
    pace: Infinity,
    msPerCharacter: 40,
    chunkBytes: 4800,
    stallAfterBytes: null,
    holdInterrupted: false,
    spokenText: null,
  };

  const sessions = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const server = createServer((_request, response) => void response.writeHead(404).end());
  server.on('upgrade', (request, socket, head) => {
    handshakes += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    const at = faults.findIndex(({ on }) => on === undefined || pathname.endsWith(on));
    const [fault] = at < 0 ? [] : faults.splice(at, 1);
    if (fault?.kind === 'reset') return socket.destroy();
    if (fault?.kind === 'hang') return;
    const status =
      fault?.status ??
      (key !== null && request.headers.authorization !== `Token ${key}` ? 401 : wrongQuery(pathname, searchParams));
    if (status !== 101) return refuse(socket, status, fault);
    sessions.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new FakeConnection(webSocket, request);
      if (pathname === '/v1/listen') serveListen(connection, hearing(), listening, clock);
      else if (pathname === '/v2/listen') serveFluxListen(connection, hearing(), fluxListening);
      else if (pathname === '/v1/speak') serveSpeak(connection, speeches, speaking, clock);
      else serveFluxSpeak(connection, speeches, fluxSpeaking, clock);
      (pathname.endsWith('/listen') ? listens : speaks).push(connection);
      for (const look of arrivals) look();
    });
  });

  function wrongQuery(path: string, query: URLSearchParams): number {
    const model = query.get('model') ?? '';
    const isKnown: Record<string, boolean> = {
      '/v1/listen': /^nova-[23](-[a-z]+)?$/.test(model) && languages.includes(query.get('language') ?? 'en'),
      '/v2/listen': /^flux-general-(en|multi)$/.test(model) && (model.endsWith('multi') || !query.has('language_hint')),
      '/v1/speak': /^aura(-2)?-[a-z]+-[a-z]{2}$/.test(model),
      '/v2/speak': /^flux-[a-z]+-en$/.test(model),
    };
    return isKnown[path] === undefined ? 404 : isKnown[path] ? 101 : 400;
  }

  function refuse(socket: Duplex, status: number, fault: HandshakeFault | undefined): void {
    const code = (fault?.kind === 'refuse' ? fault.code : undefined) ?? codes[status] ?? 'INTERNAL_SERVER_ERROR';
    const body = JSON.stringify({ err_code: code, err_msg: 'refused by the fake', request_id: 'fake' });
    const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length, 'dg-error': code };
    const extra = fault?.kind === 'refuse' ? fault.headers : undefined;
    const lines = Object.entries({ ...headers, ...extra }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}Connection: close\r\n\r\n${body}`);
  }

  async function arrival(list: readonly FakeConnection[], number: number, what: string): Promise<FakeConnection> {
    const { promise, resolve } = Promise.withResolvers<FakeConnection>();
    const look = (): void => {
      const connection = list[number];
      if (connection !== undefined) resolve(connection);
    };
    arrivals.add(look);
    look();
    try {
      return await until(`${what} socket ${number}`, promise);
    } finally {
      arrivals.delete(look);
    }
  }

  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fake has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    listening,
    speaking,
    fluxListening,
    fluxSpeaking,
    listens,
    speaks,
    speeches,
    get handshakes() {
      return handshakes;
    },
    failNext: (...next) => void faults.push(...next),
    mend: () => void faults.splice(0),
    listen: (number) => arrival(listens, number, 'a listening'),
    speak: (number) => arrival(speaks, number, 'a speaking'),
    async [Symbol.asyncDispose]() {
      const connections = [...listens, ...speaks];
      for (const { socket } of connections) {
        // A frozen one would keep its end for itself.
        socket.resume();
        socket.terminate();
      }
      for (const socket of sockets) socket.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
      await Promise.all(connections.map((one) => one.when('its end', () => one.closed !== undefined)));
    },
  };
}
