import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A link that a test can spoil. Whoever opened it disposes it, which closes all of its sockets. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** From now on bytes of the connections that are open vanish in both directions, and nobody is told: a half-open link. */
  swallow(): void;
  /** Closes what is open; new connections are served. */
  cut(): void;
  /** While true, what is open is closed and each new connection is closed at once. */
  refuse(refusing: boolean): void;
  /** Connections taken so far. */
  readonly accepted: number;
}

/** Forwards 127.0.0.1:port (a free one, if not named) to the target. */
export async function openTcpProxy(target: { host: string; port: number }, port = 0): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let accepted = 0;
  let refusing = false;
  const server = createServer((near) => {
    if (refusing) return near.destroy();
    accepted += 1;
    const far = connect(target.port, target.host);
    const pair = [near, far] as const;
    pairs.add(pair);
    near.pipe(far);
    far.pipe(near);
    for (const [one, other] of [pair, pair.toReversed()] as [Socket, Socket][]) {
      // A reset is an end like another one; the other side sees it close.
      one.on('error', () => one.destroy());
      one.on('close', () => {
        pairs.delete(pair);
        other.destroy();
      });
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const cut = (): void => {
    for (const [near] of pairs) near.destroy();
  };
  return {
    port: address.port,
    get accepted() {
      return accepted;
    },
    swallow() {
      for (const [near, far] of pairs) {
        near.unpipe(far).on('data', () => undefined);
        far.unpipe(near).on('data', () => undefined);
      }
    },
    cut,
    refuse(now) {
      refusing = now;
      if (now) cut();
    },
    async [Symbol.asyncDispose]() {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}
