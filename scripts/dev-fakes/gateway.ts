import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** The gateway in a process of its own. Whoever starts it disposes it. */
export interface GatewayProcess extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string;
  /** Resolves when it is over, for whatever reason. */
  readonly ended: Promise<unknown>;
}

/** How long it may drain before it is killed. */
const STOP_WITHIN_MS = 10_000;

/**
 * Starts it as `npm start` does, and waits until it is ready. Its log goes to `logFile`. Throws with its last words where
 * it ends instead.
 */
export async function startGateway(
  environment: Readonly<Record<string, string | undefined>>,
  logFile: string,
): Promise<GatewayProcess> {
  const child = spawn(process.execPath, ['scripts/start.ts'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  const log = createWriteStream(logFile);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const listening = Promise.withResolvers<string>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    log.write(`${line}\n`);
    const address = /"address":"(http[^"]+)".*"the gateway listens"/.exec(line)?.[1];
    if (address !== undefined) listening.resolve(address);
  });
  const url = await Promise.race([listening.promise, ended.then(() => null)]);
  if (url === null) throw new Error(`the gateway did not start: ${complaint.trim()} (see ${logFile})`);
  await ready(url, ended);
  return {
    url,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(kill);
      log.end();
    },
  };
}

async function ready(url: string, ended: Promise<unknown>): Promise<void> {
  let isOver = false;
  void ended.then(() => (isOver = true));
  for (;;) {
    if (isOver) throw new Error('the gateway ended while it was starting');
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
