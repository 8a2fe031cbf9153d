import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseCLI, startVitest } from 'vitest/node';
import { summaryOf } from './test-summary.ts';

/*
 * npm test: builds the console when it is stale, runs every project, and says last and on a line of its own how many
 * tests passed and failed. What follows `npm test --` goes to vitest: `npm test -- --project unit domain`.
 */

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);

// In a process of its own: the builder sets NODE_ENV for itself.
const built = spawnSync(process.execPath, [join(import.meta.dirname, 'build-console.ts')], { stdio: 'inherit' });
if (built.status === 0) {
  const vitest = await startVitest(filter, { ...options, run: true, watch: false });
  const { line, failed } = summaryOf(vitest.state.getTestModules(), vitest.state.getUnhandledErrors().length);
  const code = failed > 0 ? 1 : Number(process.exitCode ?? 0);
  // Whatever a failed test left open must not keep the run from ending.
  process.stdout.write(`\n${line}\n`, () => process.exit(code));
} else {
  process.exitCode = 1;
}
