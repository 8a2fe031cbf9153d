import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { SeedPlayers, seedsFrom } from '../test/simulation/run-seeds.ts';
import type { Outcome } from '../test/simulation/simulation.ts';

/*
 * npm run simulate: plays the scheduler's simulation. `-- --seeds 10000` that many seeds, from `--from` on (1);
 * `-- --seed 17` one of them, `--trace` with everything that happens in it. Ends with 1 where a promise was broken.
 */

const SHOWN = 10;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});

const one = values.seed === undefined ? null : whole(values.seed, '--seed');
const count = one === null ? whole(values.seeds, '--seeds') : 1;
const startedMs = performance.now();
const broken: Outcome[] = [];
const total = { played: 0, steps: 0, simulatedMs: 0 };
const figures: Record<string, number> = {};

await using players = new SeedPlayers(Math.min(count, whole(values.threads, '--threads')));
await players.play({
  seeds: seedsFrom(one ?? whole(values.from, '--from'), count),
  ...(values.trace ? { onLine: (line: string) => console.log(line) } : {}),
  onOutcome(outcome) {
    total.played += 1;
    total.steps += outcome.steps;
    total.simulatedMs += outcome.simulatedMs;
    for (const [name, value] of Object.entries(outcome.figures) as [string, number][])
      figures[name] = name === 'latestMs' ? Math.max(figures[name] ?? 0, value) : (figures[name] ?? 0) + value;
    if (outcome.violation !== null) {
      broken.push(outcome);
      if (broken.length <= SHOWN) report(outcome);
    }
    if (total.played % 1_000 === 0) console.log(`${total.played} seeds, ${broken.length} broken`);
    if (one !== null) console.log(`seed ${one}: ${outcome.steps} steps, trace ${outcome.hash}`);
  },
});

const seconds = (performance.now() - startedMs) / 1_000;
console.log(
  `${total.played} seeds in ${seconds.toFixed(1)} s: ${total.steps} steps, ${(total.simulatedMs / 3_600_000).toFixed(1)} hours simulated`,
);
console.log(
  Object.entries(figures)
    .map(([name, value]) => `${name} ${Math.round(value)}`)
    .join(', '),
);
console.log(
  broken.length === 0
    ? 'no promise was broken'
    : `${broken.length} seeds broke a promise: ${broken.map((outcome) => outcome.seed).join(' ')}`,
);
if (broken.length > 0) process.exitCode = 1;

function report(outcome: Outcome): void {
  if (!values.trace) for (const line of outcome.last) console.log(`    ${line}`);
  console.log(`seed ${outcome.seed} broke a promise: ${outcome.violation}`);
  console.log(`    faults: ${outcome.faults.join(', ') || 'none'}`);
  console.log(`    again: npm run simulate -- --seed ${outcome.seed} --trace`);
}

function whole(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name} is a whole number from 1 on, not ${text}`);
  return value;
}
