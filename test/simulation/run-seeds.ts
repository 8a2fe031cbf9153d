import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { PlantName } from './planted/plants.ts';
import type { Outcome } from './simulation.ts';

/** What a thread is asked for. */
export interface SeedRequest {
  readonly seed: number;
  readonly trace: boolean;
  readonly plant: PlantName | null;
}

/** What it says: a line of the trace, or how the run went. */
export type SeedReport = { readonly line: string } | { readonly outcome: Outcome };

export interface RunOptions {
  readonly seeds: Iterable<number>;
  readonly plant?: PlantName;
  readonly onLine?: (line: string) => void;
  /** Hears of each run as it ends; false ends the whole after those that are under way. */
  readonly onOutcome: (outcome: Outcome) => boolean | void;
}

/** Threads that play seeds, each one seed at a time. Whoever opens it disposes it. */
export class SeedPlayers implements AsyncDisposable {
  readonly #workers: readonly Worker[];

  constructor(threads: number) {
    // Without the flags of whoever started this thread: TypeScript is Node's own business here.
    const start = (): Worker => new Worker(new URL('worker.ts', import.meta.url), { execArgv: [] });
    this.#workers = Array.from({ length: threads }, start);
  }

  /** Plays these seeds. Rejects where a thread itself fails. */
  async play(options: RunOptions): Promise<void> {
    const seeds = options.seeds[Symbol.iterator]();
    let goOn = true;
    const playOn = async (worker: Worker): Promise<void> => {
      for (let next = seeds.next(); goOn && next.done !== true; next = seeds.next()) {
        const outcome = await ask(worker, next.value, options);
        if (options.onOutcome(outcome) === false) goOn = false;
      }
    };
    await Promise.all(this.#workers.map(playOn));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

/** The numbers from `from` on. */
export function* seedsFrom(from: number, count: number): Generator<number, void> {
  for (let seed = from; seed < from + count; seed += 1) yield seed;
}

async function ask(worker: Worker, seed: number, { plant, onLine }: RunOptions): Promise<Outcome> {
  const ended = new AbortController();
  const failed = once(worker, 'error', { signal: ended.signal }).then(([error]) => {
    throw error instanceof Error ? error : new Error(String(error));
  });
  const outcome = Promise.withResolvers<Outcome>();
  const hear = (report: SeedReport): void => {
    if ('line' in report) onLine?.(report.line);
    else outcome.resolve(report.outcome);
  };
  worker.on('message', hear);
  worker.postMessage({ seed, trace: onLine !== undefined, plant: plant ?? null } satisfies SeedRequest);
  try {
    return await Promise.race([outcome.promise, failed]);
  } finally {
    worker.off('message', hear);
    ended.abort();
    failed.catch(() => undefined);
  }
}
