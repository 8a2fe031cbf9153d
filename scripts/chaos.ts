import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runChaos } from '../test/faults/chaos/chaos.ts';

/*
 * npm run chaos: replicas under random kill -9, freezes and stops of their Postgres, while people are promised calls.
 * `-- --minutes 10 --replicas 3 --seed 17`, and `--logs FOLDER` for what the replicas print. Prints what became of all promises; ends with 1 where one was broken.
 */

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    replicas: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    logs: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
});
const seed = positive(values.seed, '--seed');
const forMs = positive(values.minutes, '--minutes') * 60_000;
const replicas = positive(values.replicas, '--replicas');
if (values.logs !== undefined) mkdirSync(values.logs, { recursive: true });
console.log(`seed ${seed}: ${replicas} replicas for ${forMs / 60_000} minutes`);

const { counts, violations } = await runChaos({
  seed,
  forMs,
  replicas,
  keepLog: (name, output) => {
    if (values.logs !== undefined) appendFileSync(join(values.logs, `${name}.log`), output);
  },
  tell: (line) => {
    if (!values.quiet)
      console.log(`${Temporal.Now.plainTimeISO('UTC').toString({ smallestUnit: 'millisecond' })}  ${line}`);
  },
});

const width = Math.max(...Object.keys(counts).map((name) => name.length));
for (const [name, value] of Object.entries(counts)) console.log(`${name.padEnd(width)}  ${value}`);
for (const violation of violations) console.log(`VIOLATION  ${violation}`);
console.log(
  violations.length === 0
    ? `seed ${seed}: no promise was broken`
    : `seed ${seed}: ${violations.length} violations; what was broken when is drawn from the seed, not what came of it`,
);
if (violations.length > 0) process.exitCode = 1;

function positive(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`${name} is a number above 0, not ${text}`);
  return value;
}
