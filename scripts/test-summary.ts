/** A file of tests, as far as it is counted; vitest's TestModule is one. */
export interface RanFile {
  /** False where a test failed, or the file itself could not be run. */
  ok(): boolean;
  readonly children: {
    allTests(): Iterable<{ result(): { readonly state: 'passed' | 'failed' | 'skipped' | 'pending' } }>;
  };
}

/**
 * The last line of a run, and how many failed. A file that could not be run counts as one failure, as does each error
 * that came from outside of every test; a test that never came to its end did not pass.
 */
export function summaryOf(files: Iterable<RanFile>, strayErrors: number): { line: string; failed: number } {
  const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
  let failed = strayErrors;
  for (const file of files) {
    const states = [...file.children.allTests()].map((test) => test.result().state);
    for (const state of states) count[state] += 1;
    if (!file.ok() && !states.includes('failed') && !states.includes('pending')) failed += 1;
  }
  failed += count.failed + count.pending;
  const skipped = count.skipped === 0 ? '' : `, ${count.skipped} skipped`;
  return { line: `${count.passed} passed, ${failed} failed${skipped}`, failed };
}
