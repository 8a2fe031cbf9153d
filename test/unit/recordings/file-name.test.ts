import { expect, test } from 'vitest';
import { callOfFileName, newFileName } from '../../../src/recordings/file-name.ts';

const begun = Temporal.Instant.from('2026-11-24T12:00:00.123456Z');

test('a file is named by its call and can be found by it', () => {
  const file = newFileName('0199-ab', begun, '4f2a9c01-0000');
  expect(file).toBe('0199-ab.20261124T120000123Z.4f2a9c01.wav');
  expect(callOfFileName(file)).toBe('0199-ab');
});

test('two recordings of one call never have one name, at the same moment either', () => {
  const names = new Set(Array.from({ length: 100 }, () => newFileName('a', begun)));
  expect(names.size).toBe(100);
});

test('an id that is no file name cannot lead out of the folder', () => {
  const file = newFileName('../../etc/passwd', begun);
  expect(file).not.toContain('/');
  expect(callOfFileName(file)).toBe('______etc_passwd');
});

test.each(['../a.20261124T120000123Z.4f2a9c01.wav', 'a.wav', '', 'a/../b.20261124T120000123Z.4f2a9c01.wav', 'x\0.wav'])(
  '%j is not the name of a recording',
  (name) => {
    expect(callOfFileName(name)).toBeUndefined();
  },
);
