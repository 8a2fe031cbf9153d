import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';
import { summaryOf } from './test-summary.ts';

/*
 * npm run faults: the fault suite alone, as `npm test` runs it; `-- --full` with the product's own internal times and
 * whole numbers of promises, which takes minutes. Other words choose files.
 */

const { values, positionals } = parseArgs({
  options: { full: { type: 'boolean', default: false } },
  allowPositionals: true,
});
if (values.full) process.env['RINGBACK_FAULTS'] = 'full';
const vitest = await startVitest(positionals, { project: ['faults'], run: true, watch: false });
const { line, failed } = summaryOf(vitest.state.getTestModules(), vitest.state.getUnhandledErrors().length);
const code = failed > 0 ? 1 : Number(process.exitCode ?? 0);
// Whatever a failed test left open must not keep the run from ending.
process.stdout.write(`\n${line}\n`, () => process.exit(code));
