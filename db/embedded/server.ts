import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { MonotonicClock } from '../../src/clock.ts';
import { within } from '../deadline.ts';
import type { Account } from './account.ts';
import { readIfThere } from './files.ts';
import { birthOf, commandOf } from './process-identity.ts';
import { spawnAs } from './run.ts';

const START_WITHIN_MS = 60_000;
/** A fast shutdown writes a checkpoint; the life line's shell makes it an immediate one after 20 s. */
const STOP_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 50;
const KEPT_LINES = 40;

/** A running server. Whoever started it stops it; it also stops by itself when this process ends in any way. */
export interface Server {
  readonly pid: number;
  /** Resolves when it has ended, wanted or not. */
  readonly ended: Promise<void>;
  /** Ends sessions, writes a checkpoint, waits for the end. Doubled calls are fine. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly postgres: string;
  readonly clusterDir: string;
  readonly account: Account | undefined;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly clock: MonotonicClock;
  readonly signal: AbortSignal;
}

/** Why a server did not start: the last lines that it wrote. */
export class ServerStartError extends Error {
  readonly lines: readonly string[];
  constructor(lines: readonly string[]) {
    super(`Postgres did not start: ${lines.at(-1) ?? 'it said nothing'}`);
    this.name = 'ServerStartError';
    this.lines = lines;
  }
}

/**
 * The shell becomes the server. Before that it leaves behind a child of nobody that holds our end of a pipe: when this
 * process ends, by kill -9 too, the pipe ends, and the child stops the server. The server must not be its parent,
 * because a postmaster takes the end of a child that it does not know for a crash.
 */
const lifeLine = `
exec 3<&0 </dev/null
server=$$
(
  {
    exec >/dev/null 2>&1
    trap '' INT HUP
    while read -r line <&3; do :; done
    kill -INT "$server" || exit 0
    waited=0
    while kill -0 "$server" && [ "$waited" -lt 200 ]; do sleep 0.1 || sleep 1; waited=$((waited + 1)); done
    [ "$waited" -lt 200 ] || kill -QUIT "$server"
  } &
)
exec 3<&-
exec "$@"
`;

/** Never more than the server itself has to say: failing statements would repeat what callers said. */
const quiet = {
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  log_statement: 'none',
  log_parameter_max_length_on_error: '0',
  lc_messages: 'C',
};

/**
 * Starts the server and waits until it takes connections.
 *
 * @throws ServerStartError, `signal.reason`
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { account, clock, signal, port, clusterDir, postgres } = options;
  signal.throwIfAborted();
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    ...quiet,
    ...options.settings,
  };
  const command = [
    postgres,
    '-D',
    clusterDir,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const [program = '', ...args] =
    process.platform === 'win32' ? command : ['/bin/sh', '-c', lifeLine, 'ringback', ...command];
  // Its own process group: Ctrl-C on the terminal is for us, and the database must outlive our drain.
  const child = spawnAs(account, program, args, {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: process.platform !== 'win32',
  });
  const ended = once(child, 'exit').then(() => undefined);
  const { stdin, stderr } = child;
  if (stdin === null || stderr === null) throw new Error('the server was started without pipes');
  // The pipe breaks when the server ends first, which `ended` tells.
  stdin.on('error', () => undefined);

  const lines: string[] = [];
  const ready = Promise.withResolvers<void>();
  createInterface({ input: stderr }).on('line', (line) => {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
    // A standby says that it takes read-only ones.
    if (/database system is ready to accept (read-only )?connections/.test(line)) ready.resolve();
  });
  const onAbort = (): void => ready.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });

  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= stopNow());
  const stopNow = async (): Promise<void> => {
    stdin.end();
    if (process.platform === 'win32') child.kill();
    await within(clock, STOP_WITHIN_MS, ended, () => {
      child.kill('SIGKILL');
      return new Error('Postgres did not stop and was killed');
    });
  };
  try {
    // stderr ends after the last line, so that the lines say why.
    const gone = Promise.all([ended, once(stderr, 'close')]).then(() => {
      throw new ServerStartError(lines);
    });
    await within(
      clock,
      START_WITHIN_MS,
      Promise.race([ready.promise, gone]),
      () => new ServerStartError([...lines, `not ready within ${START_WITHIN_MS} ms`]),
    );
  } catch (error) {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) await stop();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  if (child.pid === undefined) throw new ServerStartError(lines);
  return { pid: child.pid, ended, stop };
}

/** A port of 127.0.0.1 that is free at this moment. */
export async function findFreePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port on 127.0.0.1');
  return address.port;
}

/**
 * Stops a server that an earlier owner left behind in this cluster, and waits for its end. Only a process whose
 * command line names this cluster is signalled: the id in `postmaster.pid` may belong to somebody else by now.
 *
 * @returns the process id of the server that was stopped, or undefined.
 */
export async function stopOrphan(
  clusterDir: string,
  clock: MonotonicClock,
  signal: AbortSignal,
): Promise<number | undefined> {
  const [first] = ((await readIfThere(join(clusterDir, 'postmaster.pid'))) ?? '').split('\n');
  const pid = Number(first);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const birth = await birthOf(pid, signal);
  if (birth === undefined || !(await commandOf(pid, signal)).includes(clusterDir)) return undefined;
  for (const [name, waitMs] of [
    ['SIGINT', 20_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    process.kill(pid, name);
    const untilMs = clock.nowMs() + waitMs;
    while (clock.nowMs() < untilMs) {
      if ((await birthOf(pid, signal)) !== birth) return pid;
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  }
  return pid;
}
