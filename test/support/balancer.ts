import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { systemClock } from '../../src/clock.ts';

/** One thing that was asked, and who served it. */
export interface Served {
  readonly by: string;
  readonly method: string;
  readonly path: string;
}

/** One address for several replicas. Whoever opens it disposes it, which closes all of its sockets. */
export interface Balancer extends AsyncDisposable {
  readonly url: string;
  /** From now on `name` at this address is asked too, as soon as it is ready; no longer where it was before. */
  add(name: string, url: string): void;
  /** Requests and upgrades that got an answer, in the order of their answers. */
  readonly served: readonly Served[];
  /** Resolves when the balancer takes `name` for ready, or not. */
  sees(name: string, ready: boolean): Promise<void>;
}

interface Backend {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  ready: boolean;
}

const LOOK_EVERY_MS = 150;
const LOOK_DEADLINE_MS = 2_000;

/**
 * Does what a proxy before replicas does: asks `/readyz` again and again, gives requests to those that are ready one
 * after the other, goes on with the next one where a connection is refused, and leaves open connections alone. A request
 * whose replica dies before it answered is answered with 502.
 */
export async function openBalancer(): Promise<Balancer> {
  const backends: Backend[] = [];
  const served: Served[] = [];
  const sockets = new Set<Duplex>();
  const looks = new Set<Promise<void>>();
  const stop = new AbortController();
  let turn = 0;
  let changed = Promise.withResolvers<void>();

  function set(backend: Backend, ready: boolean): void {
    if (backend.ready === ready) return;
    backend.ready = ready;
    changed.resolve();
    changed = Promise.withResolvers();
  }

  /** Those that are ready, beginning with the one whose turn it is. */
  function inTurn(): Backend[] {
    const ready = backends.filter((backend) => backend.ready);
    if (ready.length === 0) return [];
    turn += 1;
    const first = turn % ready.length;
    return [...ready.slice(first), ...ready.slice(0, first)];
  }

  async function look(backend: Backend): Promise<void> {
    while (!stop.signal.aborted && backends.includes(backend)) {
      const answer = await fetch(`http://${backend.host}:${backend.port}/readyz`, {
        signal: AbortSignal.any([stop.signal, AbortSignal.timeout(LOOK_DEADLINE_MS)]),
      }).catch(() => null);
      await answer?.body?.cancel();
      set(backend, answer?.ok === true);
      await systemClock.sleep(LOOK_EVERY_MS, stop.signal).catch(() => undefined);
    }
  }

  function forward(near: IncomingMessage, response: ServerResponse, body: Buffer, [backend, ...rest]: Backend[]): void {
    if (backend === undefined) return void response.writeHead(503).end();
    const { host, port, name } = backend;
    const { method = 'GET', url: path = '/', headers } = near;
    const far = httpRequest({ host, port, method, path, headers, agent: false });
    far.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') {
        set(backend, false);
        return forward(near, response, body, rest);
      }
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    });
    far.on('response', (answer) => {
      served.push({ by: name, method, path });
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    response.on('close', () => far.destroy());
    far.end(body);
  }

  function upgrade(request: IncomingMessage, near: Duplex, head: Buffer, [backend, ...rest]: Backend[]): void {
    if (backend === undefined) return void near.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
    const far: Socket = connect(backend.port, backend.host);
    let connected = false;
    far.on('connect', () => {
      connected = true;
      const { method = 'GET', url: path = '/', rawHeaders } = request;
      served.push({ by: backend.name, method: 'UPGRADE', path });
      let text = `${method} ${path} HTTP/1.1\r\n`;
      for (let at = 0; at < rawHeaders.length; at += 2) text += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
      far.write(`${text}\r\n`);
      far.write(head);
      far.pipe(near);
      near.pipe(far);
    });
    far.on('error', () => {
      if (connected) return near.destroy();
      set(backend, false);
      upgrade(request, near, head, rest);
    });
    far.on('close', () => connected && near.destroy());
    near.on('close', () => far.destroy());
  }

  const server = createServer((request, response) => {
    void bodyOf(request).then(
      (body) => forward(request, response, body, inTurn()),
      () => response.destroy(),
    );
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket, head) => upgrade(request, socket, head, inTurn()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    served,
    add(name, url) {
      const { hostname, port } = new URL(url);
      const backend = { name, host: hostname, port: Number(port), ready: false };
      const before = backends.findIndex((one) => one.name === name);
      if (before < 0) backends.push(backend);
      else backends[before] = backend;
      changed.resolve();
      changed = Promise.withResolvers();
      const looking = look(backend).finally(() => looks.delete(looking));
      looks.add(looking);
    },
    async sees(name, ready) {
      while (backends.find((backend) => backend.name === name)?.ready !== ready) await changed.promise;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      for (const socket of sockets) socket.destroy();
      server.close();
      await Promise.all([once(server, 'close'), ...looks]);
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
