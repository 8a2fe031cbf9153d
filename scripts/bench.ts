import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench, BenchOptions, Row } from './bench/bench.ts';
import { pin } from './bench/child.ts';
import { tableOf } from './bench/figures.ts';

/*
 * npm run bench: each `scripts/bench/*.bench.ts` beside its floor, as tables; see docs/reference/benchmarks.md. Names
 * that are given choose among them. A row whose runs had other programs on the machine says so under "busy runs".
 */

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    runs: { type: 'string', default: '3' },
    size: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '2' },
    peers: { type: 'boolean', default: false },
  },
});
const options: BenchOptions = {
  runs: atLeastOne('runs', values.runs),
  size: atLeastOne('size', values.size),
  minutes: atLeastOne('minutes', values.minutes),
};

// Databases and carriers run beside what is measured, not on its core.
pin(process.pid, 'others');

const folder = join(import.meta.dirname, 'bench');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length));
// Other schedulers have to be installed first, so they are measured where they are asked for.
const usual = positionals.length > 0 ? positionals : values.peers ? [] : names.filter((name) => name !== 'peers');
const chosen = names.filter((name) => usual.includes(name) || (values.peers && name === 'peers'));
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) throw new Error(`no such bench: ${unknown.join(', ')}; there are ${names.join(', ')}`);

const results: Record<string, readonly Row[]> = {};
for (const name of chosen) {
  const { default: bench } = (await import(join(folder, `${name}.bench.ts`))) as { default: Bench };
  console.log(`\n${bench.title}`);
  const rows = await bench.run(options);
  results[name] = rows;
  console.log(tableOf(rows));
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ options, results }, null, 2)}\n`);

function atLeastOne(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} wants a whole number from 1, got ${text}`);
  return value;
}
