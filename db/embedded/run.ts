import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import type { Account } from './account.ts';

/** What stays of a program's output, for a message: its end says what went wrong. */
const MAX_OUTPUT_CHARS = 16_000;

/**
 * Starts a program as the account. It gets no environment of ours, which holds keys; on Windows programs cannot
 * load without theirs.
 */
export function spawnAs(
  account: Account | undefined,
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  return spawn(command, args, {
    ...options,
    cwd: '/',
    ...(process.platform === 'win32'
      ? {}
      : { env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', HOME: '/' } }),
    ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
  });
}

/** Runs a program to its end. Rejects when it cannot be started, or with `signal.reason`, having killed it. */
export async function runAs(
  account: Account | undefined,
  command: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<{ code: number | null; output: string }> {
  signal.throwIfAborted();
  const child = spawnAs(account, command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-MAX_OUTPUT_CHARS);
    });
  }
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    signal.throwIfAborted();
    return { code, output };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
