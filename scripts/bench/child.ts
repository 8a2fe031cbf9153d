import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { cpus } from 'node:os';

/** A process of a bench that answers questions. Whoever starts it disposes it. */
export interface BenchChild extends AsyncDisposable {
  readonly pid: number;
  /** Asks, and waits for the answer to it, two minutes unless told. */
  ask<T>(question: string, details?: object, withinMs?: number): Promise<T>;
}

const ANSWER_WITHIN_MS = 120_000;

/** The one that is measured has a core of its own, where there are two and the system can say so. */
export type Core = 'measured' | 'others';

/** Starts `scripts/bench/<file>` with `settings` as its argument, and waits until it answers. */
export async function startBenchChild(file: string, settings: object, core: Core): Promise<BenchChild> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(settings)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${file} did not start`);
  pin(pid, core);
  const ended = once(child, 'exit');
  let asked = 0;
  const ask = <T>(question: string, details: object = {}, withinMs = ANSWER_WITHIN_MS): Promise<T> => {
    const id = (asked += 1);
    child.send({ id, question, ...details });
    return answerOf<T>(child, id, `${file}: ${question}`, withinMs);
  };
  await ask('ready');
  return {
    pid,
    ask,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Puts a process, and what it starts from then on, on its core. */
export function pin(pid: number, core: Core): void {
  if (cpus().length < 2) return;
  const cores = core === 'measured' ? '0' : `1-${cpus().length - 1}`;
  // Without taskset everything shares all cores.
  spawnSync('taskset', ['-a', '-p', '-c', cores, String(pid)], { stdio: 'ignore' });
}

/** In the child: answers questions until the parent lets go of it, then cleans up. */
export async function answer(
  answers: Readonly<Record<string, (details: Record<string, unknown>) => unknown>>,
  close: () => Promise<void> = async () => undefined,
): Promise<void> {
  process.on('message', (message: { id: number; question: string }) => {
    const { id, question, ...details } = message;
    void Promise.try(answers[question] ?? (() => null), details).then(
      (reply) => process.send?.({ id, reply }),
      (error: unknown) => process.send?.({ id, failure: error instanceof Error ? error.stack : 'it failed' }),
    );
  });
  await once(process, 'disconnect');
  await close();
}

/** In the child: what the parent gave it. */
export function settingsOf(): unknown {
  return JSON.parse(process.argv[2] ?? '{}') as unknown;
}

function answerOf<T>(child: ChildProcess, id: number, what: string, withinMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => done(() => reject(new Error(`no answer in time from ${what}`))), withinMs);
    const hear = (message: { id: number; reply: T; failure?: string }): void => {
      if (message.id !== id) return;
      done(() => (message.failure === undefined ? resolve(message.reply) : reject(new Error(message.failure))));
    };
    const end = (): void => done(() => reject(new Error(`it ended before an answer: ${what}`)));
    const done = (settle: () => void): void => {
      clearTimeout(timer);
      child.off('message', hear);
      child.off('exit', end);
      settle();
    };
    child.on('message', hear);
    child.on('exit', end);
  });
}
