import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LINK = /^(http:\/\/\S+)\/sign-in\?code=(\S+)$/;

/** The product as a person starts it: `scripts/start.ts` in a process of its own. */
export interface Product extends AsyncDisposable {
  readonly pid: number;
  /** Where it listens; known once it printed its sign-in link. */
  readonly url: string;
  readonly signInLink: string;
  /** Everything that it printed so far. */
  readonly output: string;
  /** Sends the signal and waits for the end; resolves with the exit code, null where a signal ended it. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/**
 * Starts it on a free port and waits for its sign-in link. `environment` is all that it gets besides the PATH.
 * Disposing stops it.
 */
export async function startProduct(environment: Readonly<Record<string, string>>): Promise<Product> {
  const { child, lines, read } = spawnProduct(environment);
  const ended = once(child, 'exit').then(() => child.exitCode);
  const link = await until('the sign-in link', firstLink(lines), 60_000).catch(async (error: unknown) => {
    child.kill('SIGKILL');
    await ended;
    throw new Error(`the product did not start: ${read()}`, { cause: error });
  });
  const stop = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return until('the end of the product', ended, 30_000);
  };
  return {
    pid: child.pid ?? 0,
    url: link.url,
    signInLink: link.link,
    get output() {
      return read();
    },
    stop,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      await stop('SIGTERM').catch(() => stop('SIGKILL'));
    },
  };
}

/** Starts it where it is expected to refuse; resolves with its exit code and what it printed. */
export async function refusedProduct(
  environment: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  const { child, read } = spawnProduct(environment);
  await until('the refusal', once(child, 'exit'), 60_000).catch(async (error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return { code: child.exitCode, output: read() };
}

function spawnProduct(environment: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ['scripts/start.ts'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: string): void => {
    output += chunk;
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  return { child, lines: createInterface({ input: child.stdout }), read: () => output };
}

async function firstLink(lines: AsyncIterable<string>): Promise<{ link: string; url: string }> {
  for await (const line of lines) {
    const url = LINK.exec(line)?.[1];
    if (url !== undefined) return { link: line, url };
  }
  throw new Error('it ended without a sign-in link');
}
