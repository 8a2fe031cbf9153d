import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { systemClock } from '../../src/clock.ts';

/** A link that a test can spoil. Whoever opened it disposes it, which closes all of its sockets. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** From now on bytes of the connections that are open vanish in both directions, and nobody is told: a half-open link. */
  swallow(): void;
  /** Closes what is open; new connections are served. */
  cut(): void;
  /** While true, what is open is closed and each new connection is closed at once. */
  refuse(refusing: boolean): void;
  /** From now on each thing that the target says comes so much later, on every connection; 0 is at once. */
  delay(ms: number): void;
  /** From now on new connections go there; `cut` ends those that go elsewhere. */
  aim(target: { host: string; port: number }): void;
  /** Connections taken so far. */
  readonly accepted: number;
}

/** Forwards 127.0.0.1:port (a free one, if not named) to the target. */
export async function openTcpProxy(first: { host: string; port: number }, port = 0): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const swallowing = new Map<readonly [Socket, Socket], () => void>();
  let target = first;
  let delayMs = 0;
  let accepted = 0;
  let refusing = false;
  const server = createServer((near) => {
    if (refusing) return near.destroy();
    accepted += 1;
    const far = connect(target.port, target.host);
    const pair = [near, far] as const;
    pairs.add(pair);
    near.pipe(far);
    // Not piped: what comes is late by the delay, whatever came before it, and in order.
    let before = Promise.resolve();
    let held = 0;
    far.on('data', (chunk: Buffer) => {
      if (delayMs === 0 && held === 0) return void near.write(chunk);
      held += 1;
      const passed = Promise.withResolvers<void>();
      systemClock.setTimer(delayMs, passed.resolve);
      before = before.then(async () => {
        await passed.promise;
        held -= 1;
        near.write(chunk);
      });
    });
    swallowing.set(pair, () => {
      near.unpipe(far).on('data', () => undefined);
      far.removeAllListeners('data').on('data', () => undefined);
    });
    for (const [one, other] of [pair, pair.toReversed()] as [Socket, Socket][]) {
      // A reset is an end like another one; the other side sees it close.
      one.on('error', () => one.destroy());
      one.on('close', () => {
        pairs.delete(pair);
        swallowing.delete(pair);
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
      for (const swallow of swallowing.values()) swallow();
    },
    delay(ms) {
      delayMs = ms;
    },
    aim(next) {
      target = next;
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
