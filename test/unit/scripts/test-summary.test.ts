import { expect, test } from 'vitest';
import { summaryOf, type RanFile } from '../../../scripts/test-summary.ts';

test('the last line counts what passed and what failed, and skipped tests where there are some', () => {
  expect(summaryOf([file('passed', 'passed'), file('passed', 'failed')], 0)).toEqual({
    line: '3 passed, 1 failed',
    failed: 1,
  });
  expect(summaryOf([file('passed', 'skipped')], 0)).toEqual({ line: '1 passed, 0 failed, 1 skipped', failed: 0 });
});

test('a file that could not be run is a failure, though none of its tests is', () => {
  expect(summaryOf([file('passed'), broken()], 0)).toEqual({ line: '1 passed, 1 failed', failed: 1 });
});

test('an error outside of every test is a failure', () => {
  expect(summaryOf([file('passed')], 2)).toEqual({ line: '1 passed, 2 failed', failed: 2 });
});

test('a test that never ended did not pass', () => {
  expect(summaryOf([file('passed', 'pending')], 0)).toEqual({ line: '1 passed, 1 failed', failed: 1 });
});

type State = 'passed' | 'failed' | 'skipped' | 'pending';

function file(...states: State[]): RanFile {
  const done = (state: State): boolean => state === 'passed' || state === 'skipped';
  return {
    ok: () => states.every(done),
    children: { allTests: () => states.map((state) => ({ result: () => ({ state }) })) },
  };
}

function broken(): RanFile {
  return { ok: () => false, children: { allTests: () => [] } };
}
