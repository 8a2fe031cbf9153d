import { expect, test } from 'vitest';
import { RingbackError } from '../../../src/errors.ts';
import { SetAside } from '../../../src/scheduler/set-aside.ts';
import { quietLog } from '../../support/quiet-log.ts';

const broken = (code: string): Error => Object.assign(new Error('what a caller said'), { code });

function open(act: () => Promise<void> = async () => undefined) {
  const acted: string[] = [];
  const log = quietLog();
  const setAside = new SetAside({
    act: async (id, why) => {
      await act();
      acted.push(`${id}: ${why}`);
    },
    log,
  });
  return { setAside, acted, log };
}

test('the third failure in a row sets a row aside, by a code that says nothing of what it holds', async () => {
  const { setAside, acted, log } = open();
  expect(await setAside.failed('a', broken('22008'))).toBe(false);
  expect(await setAside.failed('a', broken('22008'))).toBe(false);
  expect(await setAside.failed('a', broken('22008'))).toBe(true);
  expect(acted).toEqual(['a: 22008']);
  expect(JSON.stringify(log.lines)).not.toContain('caller');
});

test('one that went well in between is counted anew', async () => {
  const { setAside, acted } = open();
  for (let round = 0; round < 3; round += 1) {
    await setAside.failed('a', new TypeError('no'));
    await setAside.failed('a', new TypeError('no'));
    setAside.succeeded('a');
  }
  expect(acted).toEqual([]);
});

test.each([
  ['a lost connection', broken('CONNECTION_CLOSED')],
  ['a deadline', new RingbackError('query_deadline', [3_000])],
  ['a lock', broken('55P03')],
  ['a cancelled statement', broken('57014')],
  ['a conflict', broken('40001')],
  ['a missing right', broken('42501')],
  ['a missing column', broken('42703')],
  ['a full disk', broken('53100')],
])('%s is no fault of the row, however often', async (_what, error) => {
  const { setAside, acted } = open();
  for (let tries = 0; tries < 10; tries += 1) expect(await setAside.failed('a', error)).toBe(false);
  expect(acted).toEqual([]);
});

test('many that fail while none succeeds are not set aside; once one succeeds, they are', async () => {
  const { setAside, acted } = open();
  const ids = ['a', 'b', 'c', 'd', 'e'];
  for (const id of ids) await setAside.failed(id, new TypeError('no'));
  for (let tries = 0; tries < 4; tries += 1) for (const id of ids) await setAside.failed(id, new TypeError('no'));
  expect(acted).toEqual([]);
  setAside.succeeded('another');
  for (const id of ids) expect(await setAside.failed(id, new TypeError('no'))).toBe(true);
  expect(acted).toHaveLength(5);
});

test('one that cannot even be set aside is tried again, and nothing is thrown', async () => {
  let works = false;
  const { setAside, acted } = open(async () => {
    if (!works) throw broken('08006');
  });
  for (let tries = 0; tries < 3; tries += 1) await setAside.failed('a', broken('XX001'));
  expect(acted).toEqual([]);
  works = true;
  expect(await setAside.failed('a', broken('XX001'))).toBe(true);
});
