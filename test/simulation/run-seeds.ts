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
  /** Threads; each plays one seed at a time. */
  readonly threads: number;
  readonly plant?: PlantName;
  readonly onLine?: (line: string) => void;
  /** Hears of each run as it ends; false ends the whole after those that are under way. */
  readonly onOutcome: (outcome: Outcome) => boolean | void;
}

/** Plays seeds on threads of their own, where the ids are the seeded ones. Rejects where a thread itself fails. */
export async function runSeeds(options: RunOptions): Promise<void> {
  const seeds = options.seeds[Symbol.iterator]();
  let goOn = true;
  const play = async (): Promise<void> => {
    // Without the flags of whoever started this thread: TypeScript is Node's own business here.
    const worker = new Worker(new URL('worker.ts', import.meta.url), { execArgv: [] });
    try {
      for (let next = seeds.next(); goOn && next.done !== true; next = seeds.next()) {
        const outcome = await ask(worker, next.value, options);
        if (options.onOutcome(outcome) === false) goOn = false;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: options.threads }, play));
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
