import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { TwilioRest } from '../../../../src/carriers/twilio/rest.ts';
import { until } from '../../../support/until.ts';
import { certificate, key } from './self-made-certificate.ts';

const open: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(open.splice(0).map((server) => once(server.close(), 'close')));
});

async function listen(server: Server): Promise<number> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

interface Seen {
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

async function api(answer: RequestListener, tls = false) {
  const seen: Seen[] = [];
  const listener: RequestListener = (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      seen.push({ url: request.url, authorization: request.headers.authorization, body });
      answer(request, response);
    });
  };
  const server = tls ? createTlsServer({ key, cert: certificate }, listener) : createServer(listener);
  const port = await listen(server);
  return { seen, rest: client(`${tls ? 'https' : 'http'}://127.0.0.1:${port}`), connections: () => sockets.size };
}

const client = (baseUrl: string) => new TwilioRest({ baseUrl, accountSid: 'AC1', authToken: 'secret' });
const never = new AbortController().signal;
const call = (over: object = {}) => ({
  method: 'POST' as const,
  path: '/Calls.json',
  form: new URLSearchParams({ To: '+1 & more' }),
  signal: never,
  ...over,
});

describe('a request that changes something is sent once, and what became of it is known', () => {
  test('answered', async () => {
    const { rest, seen } = await api((_request, response) => {
      response.writeHead(201, { 'content-type': 'application/json', 'retry-after': '3' });
      response.end('{"sid":"CA1"}');
    });
    expect(await rest.send(call())).toEqual({
      kind: 'answered',
      answer: { status: 201, retryAfterSeconds: 3, body: { sid: 'CA1' } },
    });
    expect(seen).toEqual([
      {
        url: '/2010-04-01/Accounts/AC1/Calls.json',
        authorization: `Basic ${Buffer.from('AC1:secret').toString('base64')}`,
        body: 'To=%2B1+%26+more',
      },
    ]);
  });

  test('nobody listens: unsent', async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await once(open.pop()?.close() ?? server, 'close');
    expect(await client(`http://127.0.0.1:${port}`).send(call())).toMatchObject({ kind: 'unsent' });
  });

  test('broken off after it was written: lost, and not sent again', async () => {
    const { rest, seen } = await api((request) => void request.socket.resetAndDestroy());
    expect(await rest.send(call())).toMatchObject({ kind: 'lost' });
    expect(seen).toHaveLength(1);
  });

  test('closed without an answer, or in the middle of one: lost', async () => {
    const closing = await api((request) => void request.socket.end());
    expect(await closing.rest.send(call())).toMatchObject({ kind: 'lost' });
    const half = await api((request, response) => {
      response.writeHead(201, { 'content-length': '100' });
      response.write('{"sid":');
      setImmediate(() => request.socket.destroy());
    });
    expect(await half.rest.send(call())).toMatchObject({ kind: 'lost' });
  });

  test('an answer without an end is not read for ever', async () => {
    const { rest } = await api((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more);
      };
      response.writeHead(201);
      more();
    });
    expect(await rest.send(call())).toMatchObject({ kind: 'lost' });
  });

  test('an answer that is no JSON is an answer without a body', async () => {
    const { rest } = await api((_request, response) => response.writeHead(502).end('<html>'));
    expect(await rest.send(call())).toMatchObject({ kind: 'answered', answer: { status: 502, body: null } });
  });

  test('aborted before the connection stands: unsent; after it was written: lost', async () => {
    const aborted = AbortSignal.abort(new Error('too late'));
    const { rest, seen } = await api(() => undefined);
    expect(await rest.send(call({ signal: aborted }))).toMatchObject({ kind: 'unsent' });
    expect(seen).toHaveLength(0);
    const stop = new AbortController();
    const sent = rest.send(call({ signal: stop.signal }));
    await until(
      'the request',
      new Promise<void>((resolve) => {
        const look = (): void => (seen.length > 0 ? resolve() : void setImmediate(look));
        look();
      }),
    );
    stop.abort(new Error('too late'));
    expect(await sent).toMatchObject({ kind: 'lost' });
  });
});

describe('the last look before the first byte', () => {
  test.each([[false], [true]])(
    'comes once the connection stands (TLS: %s), and may still take it back',
    async (tls) => {
      const { rest, seen, connections } = await api(() => undefined, tls);
      let stood = 0;
      const outcome = await rest.send(
        call({
          beforeSend: () => {
            stood = connections();
            throw new Error('the lease is gone');
          },
        }),
      );
      // A self-made certificate is refused before anybody is asked.
      if (tls) expect(stood).toBe(0);
      else expect(outcome).toMatchObject({ kind: 'unsent', cause: { message: 'the lease is gone' } });
      expect(outcome.kind).toBe('unsent');
      expect(seen).toEqual([]);
    },
  );

  test('over TLS whose certificate is trusted it is sent and answered', async () => {
    const { rest, seen } = await api((_request, response) => response.writeHead(200).end('{}'), true);
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, certificate]);
    try {
      const looks: string[] = [];
      expect(await rest.send(call({ beforeSend: () => looks.push('look') }))).toMatchObject({ kind: 'answered' });
      expect(looks).toEqual(['look']);
      expect(seen).toHaveLength(1);
    } finally {
      setDefaultCACertificates(before);
    }
  });
});

describe('a question', () => {
  test.each([[429], [500], [503]])('that is answered with %d is one to be asked again', async (status) => {
    const { rest } = await api((_request, response) => response.writeHead(status).end('{}'));
    await expect(rest.ask({ method: 'GET', path: '/Calls/CA1.json', signal: never })).rejects.toMatchObject({
      code: 'vendor_failed',
    });
  });
  test('has the path and the query as they were given', async () => {
    const { rest, seen } = await api((_request, response) => response.writeHead(404).end('{}'));
    const answer = await rest.ask({ method: 'GET', path: '/Calls.json?To=%2B1', signal: never });
    expect(answer.status).toBe(404);
    expect(seen[0]?.url).toBe('/2010-04-01/Accounts/AC1/Calls.json?To=%2B1');
  });
});
