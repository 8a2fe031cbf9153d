import { parentPort } from 'node:worker_threads';
// First: what it installs is for everything that is loaded after it.
import './kernel/install.ts';
import type { SeedReport, SeedRequest } from './run-seeds.ts';

const { simulate } = await import('./simulation.ts');
const { plantOf } = await import('./planted/plants.ts');

/** A thread that plays seeds, one after the other, as they are asked for. */
parentPort?.on('message', (request: SeedRequest) => {
  const port = parentPort;
  if (port === null) return;
  const print = request.trace ? (line: string): void => port.postMessage({ line } satisfies SeedReport) : undefined;
  simulate(request.seed, {
    ...(print === undefined ? {} : { print }),
    ...(request.plant === null ? {} : { plant: plantOf(request.plant) }),
  }).then(
    (outcome) => port.postMessage({ outcome } satisfies SeedReport),
    (error: unknown) => {
      throw error;
    },
  );
});
