import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseCLI, startVitest, type Vitest } from 'vitest/node';

/*
 * npm test: builds the console when it is stale, runs every project, and says last and on a line of its own how many
 * tests passed and failed. What follows `npm test --` goes to vitest: `npm test -- --project unit domain`.
 */

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);

// In a process of its own: the builder sets NODE_ENV for itself.
const built = spawnSync(process.execPath, [join(import.meta.dirname, 'build-console.ts')], { stdio: 'inherit' });
if (built.status === 0) {
  const vitest = await startVitest(filter, { ...options, run: true, watch: false });
  const { line, failed } = summaryOf(vitest);
  const code = failed > 0 ? 1 : Number(process.exitCode ?? 0);
  // Whatever a failed test left open must not keep the run from ending.
  process.stdout.write(`\n${line}\n`, () => process.exit(code));
} else {
  process.exitCode = 1;
}

/** A file that could not be run, and an error outside of every test, are failures as well. */
function summaryOf(vitest: Vitest): { line: string; failed: number } {
  const count = { passed: 0, failed: vitest.state.getUnhandledErrors().length, skipped: 0, pending: 0 };
  for (const module of vitest.state.getTestModules()) {
    for (const test of module.children.allTests()) count[test.result().state] += 1;
    const brokenOutside = !module.ok() && [...module.children.allTests('failed')].length === 0;
    if (brokenOutside) count.failed += 1;
  }
  // A test that never came to its end did not pass.
  const failed = count.failed + count.pending;
  const skipped = count.skipped === 0 ? '' : `, ${count.skipped} skipped`;
  return { line: `${count.passed} passed, ${failed} failed${skipped}`, failed };
}
