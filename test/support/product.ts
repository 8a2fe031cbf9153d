import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ADDRESS = /"address":"(http[^"]+)".*"the gateway listens"/;
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
  let signInLink = '';
  const link = firstMatch(lines, LINK, (line) => (signInLink = line));
  const product = await running(child, read, 'the sign-in link', link);
  return Object.assign(product, { signInLink });
}

async function running(
  child: ChildProcess,
  read: () => string,
  what: string,
  address: Promise<string>,
): Promise<Replica> {
  const ended = once(child, 'exit').then(() => child.exitCode);
  const url = await until(what, address, 60_000).catch(async (error: unknown) => {
    child.kill('SIGKILL');
    await ended;
    throw new Error(`the product did not start: ${read()}`, { cause: error });
  });
  // Whoever read the lines paused it, and a process whose output nobody takes stands still.
  child.stdout?.resume();
  const stop = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return until('the end of the product', ended, 30_000);
  };
  return {
    pid: child.pid ?? 0,
    url,
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

/** A product that does not print where it listens for a person, but in its log. */
export type Replica = Omit<Product, 'signInLink'>;

/**
 * Starts one of several, which have an `ADMIN_TOKEN` and a `PUBLIC_URL` that is not their own; resolves once it listens.
 * `script` is what is started instead of `scripts/start.ts`.
 */
export async function startReplica(
  environment: Readonly<Record<string, string>>,
  script = 'scripts/start.ts',
): Promise<Replica> {
  const { child, lines, read } = spawnProduct(environment, script);
  return running(child, read, 'its address', firstMatch(lines, ADDRESS));
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

function spawnProduct(environment: Readonly<Record<string, string>>, script = 'scripts/start.ts') {
  const child = spawn(process.execPath, [script], {
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

/** What the first line that fits has in the expression's first group. */
async function firstMatch(
  lines: AsyncIterable<string>,
  expression: RegExp,
  onLine: (line: string) => void = () => undefined,
): Promise<string> {
  for await (const line of lines) {
    const found = expression.exec(line)?.[1];
    if (found === undefined) continue;
    onLine(line);
    return found;
  }
  throw new Error('it ended without saying so');
}
