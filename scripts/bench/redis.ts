import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:net';
import { openFolder } from '../../test/support/folder.ts';

/** A Redis of our own that keeps what it promised on its disk. Whoever starts it disposes it. */
export interface BenchRedis extends AsyncDisposable {
  readonly port: number;
}

const START_WITHIN_MS = 10_000;

/** Whether there is a Redis to start. */
export function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Starts a Redis that looks at its timers `hz` times a second: 10 unless somebody changes it, 500 at the most. */
export async function startRedis(hz: number): Promise<BenchRedis> {
  await using opened = new AsyncDisposableStack();
  const { path } = opened.use(await openFolder());
  const port = await freePort();
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: path,
    save: '',
    appendonly: 'yes',
    // As durable as the others: each waits for its disk.
    appendfsync: 'always',
    'maxmemory-policy': 'noeviction',
    hz,
    'dynamic-hz': 'no',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn('redis-server', flags, { stdio: 'ignore' });
  opened.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  });
  for (let waitedMs = 0; !(await answers(port)); waitedMs += 50) {
    if (waitedMs > START_WITHIN_MS) throw new Error('redis-server did not start');
    await sleep(50);
  }
  const owned = opened.move();
  return { port, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const reached = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return reached;
}
