import { expect, test } from 'vitest';
import { openAdmission, type Bound } from '../../src/admission.ts';

function admission(bounds: readonly Bound[], over: { overloaded?: boolean; nowMs?: () => number } = {}) {
  return openAdmission({
    bounds: () => bounds,
    overloaded: () => over.overloaded ?? false,
    nowMs: over.nowMs ?? (() => 0),
  });
}

test('without any number everybody is welcome, whatever lives here', () => {
  const lines = admission([]);
  expect([lines.refusal(), lines.linesFree()]).toEqual([null, Infinity]);
});

test('while the event loop is overloaded nobody is let in and nobody is dialled', () => {
  const lines = admission([{ most: 100, used: 0 }], { overloaded: true });
  expect([lines.refusal(), lines.linesFree()]).toEqual(['overloaded', 0]);
});

test('a fifth of the lines is kept for people who call', () => {
  const at = (used: number) => {
    const lines = admission([{ most: 10, used }]);
    return [lines.refusal(), lines.linesFree()];
  };
  expect(at(0)).toEqual([null, 8]);
  expect(at(7)).toEqual([null, 1]);
  expect(at(8)).toEqual([null, 0]);
  expect(at(9)).toEqual([null, 0]);
  expect(at(10)).toEqual(['full', 0]);
});

test('a promise can be dialled from the only line there is', () => {
  expect(admission([{ most: 1, used: 0 }]).linesFree()).toBe(1);
  expect(admission([{ most: 1, used: 1 }]).linesFree()).toBe(0);
});

test('a fifth of the smallest bound is kept in every bound', () => {
  const bounds = (used: number) => [
    { most: 45, used: 40 },
    { most: 10, used },
  ];
  expect(admission(bounds(7)).linesFree()).toBe(1);
  expect(admission(bounds(8)).linesFree()).toBe(0);
  expect(
    admission([
      { most: 45, used: 43 },
      { most: 10, used: 0 },
    ]).linesFree(),
  ).toBe(0);
  expect(
    admission([
      { most: 45, used: 45 },
      { most: 10, used: 0 },
    ]).refusal(),
  ).toBe('full');
});

test('a dial that rings holds its line until it is connected or has rung out', () => {
  let nowMs = 0;
  const lines = admission([{ most: 5, used: 2 }], { nowMs: () => nowMs });
  lines.expect('a', 40_000);
  lines.expect('b', 40_000);
  expect(lines.linesFree()).toBe(0);
  lines.connected('a');
  expect(lines.linesFree()).toBe(1);
  lines.expect('c', 40_000);
  expect(lines.linesFree()).toBe(0);
  nowMs = 40_000;
  expect(lines.linesFree()).toBe(2);
});
