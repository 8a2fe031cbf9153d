import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

/** A script of test/support that runs as a process of its own. Disposing kills it with SIGKILL if it is still there. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** The next line of its standard output. */
  nextLine(): Promise<string>;
  /** What it wrote to standard error so far. */
  readonly errors: string;
  /** Ends its standard input and waits for its end. */
  finish(): Promise<number | null>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Starts `test/support/<script>` with this Node, as another account if one is named. */
export function startChild(script: string, args: readonly string[], account?: { uid: number; gid: number }): Child {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [file, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(account === undefined ? {} : { uid: account.uid, gid: account.gid, cwd: '/' }),
  });
  const { stdin, stdout, stderr, pid } = child;
  if (stdin === null || stdout === null || stderr === null || pid === undefined)
    throw new Error(`${script} did not start`);
  let errors = '';
  stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'exit').then(() => child.exitCode);
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await until(`the end of ${script}`, ended);
  };
  return {
    pid,
    get errors() {
      return errors;
    },
    async nextLine() {
      const next = await until(`a line of ${script}`, lines.next(), 30_000);
      if (next.done === true) throw new Error(`${script} ended: ${errors}`);
      return next.value;
    },
    async finish() {
      stdin.end();
      return await until(`the end of ${script}`, ended, 30_000);
    },
    kill,
    [Symbol.asyncDispose]: () =>
      child.exitCode === null && child.signalCode === null ? kill('SIGKILL') : Promise.resolve(),
  };
}
