import { describe, expect, test } from 'vitest';
import { cureOf } from '../../../src/console/callbacks/cures.ts';
import { queryOf, readFilters } from '../../../src/console/callbacks/filters.ts';
import { callQueryOf, readCallFilters } from '../../../src/console/calls/filters.ts';
import { quantile } from '../../../src/console/calls/quantile.ts';
import { browserWords } from '../../../src/console/settings/browser-words.ts';
import { changedMembers } from '../../../src/console/settings/changed-members.ts';
import { isOutside } from '../../../src/console/time/hours.ts';
import { csvCell } from '../../../src/http/callback-csv.ts';

describe('filters in the address', () => {
  test('what is none is left out, so that any address opens a list', () => {
    expect(
      readFilters({
        tab: 'upcoming',
        status: 'dead',
        agent: '1; drop table',
        q: 'x'.repeat(201),
        from: 'yesterday',
        after: '../../etc',
        book: 'everything',
      }),
    ).toEqual({});
    expect(readCallFilters({ state: 'asleep', agent: 5, until: '24.11.2026' })).toEqual({});
  });

  test('what is one is asked for as the gateway wants it', () => {
    const agent = '019b0000-0000-7000-8000-000000000001';
    expect(queryOf(readFilters({ tab: 'history', q: ' heating ', agent }))).toMatchObject({
      open: 'false',
      order: 'desc',
      q: 'heating',
      agentId: agent,
    });
    expect(queryOf({})).toMatchObject({ open: 'true', sort: 'next', order: 'asc' });
    expect(callQueryOf(readCallFilters({ state: 'live' }), 'UTC')['status']).toEqual([
      'queued',
      'ringing',
      'in_progress',
    ]);
  });
});

describe('cures', () => {
  const sick = {
    warning: null,
    from: null,
    failureCode: null,
    status: 'scheduled',
    cancelledBy: null,
    agentId: 'a',
  } as const;
  test.each([
    [{ warning: 'All outbound is held: moving house' }, 'release'],
    [{ warning: 'The carrier is paused: no credit' }, 'carrier'],
    [{ warning: 'No number with outbound switched on can dial this person; it will fail' }, 'outbound'],
    [{ status: 'failed', failureCode: 'outbound_off' }, 'outbound'],
    [{ status: 'failed', failureCode: 'country_not_allowed' }, 'agent'],
    [{ status: 'failed', failureCode: 'missed', warning: 'All outbound is held' }, null],
    [{ status: 'cancelled', cancelledBy: 'do_not_call' }, 'do_not_call'],
    [{ warning: 'The person is on a call with us' }, null],
  ] as const)('%o: %s', (change, cure) => {
    expect(cureOf({ ...sick, ...change })).toBe(cure);
  });
});

test('calling hours that go over midnight hold the night', () => {
  const night = { start: '20:00', end: '06:00' };
  expect([isOutside('2026-11-24T23:00', night), isOutside('2026-11-24T12:00', night)]).toEqual([false, true]);
  const day = { start: '08:00', end: '21:00' };
  expect([isOutside('2026-11-24T21:00', day), isOutside('2026-11-24T08:00', day)]).toEqual([true, false]);
  expect(isOutside('2026-11-24T03:00', null)).toBe(false);
});

test('half of the answers, and nineteen of twenty, are counted as they are', () => {
  const values = Array.from({ length: 20 }, (_, index) => index + 1);
  expect([quantile(values, 0.5), quantile(values, 0.95), quantile([7], 0.95)]).toEqual([10, 19, 7]);
});

describe('what changed', () => {
  test('a policy shows the members that changed in it, and not itself twice', () => {
    expect(
      changedMembers(
        { name: 'Ada', policy: { tries: 3, hours: { start: '08:00' } }, list: [1] },
        { name: 'Ada', policy: { tries: 5, hours: { start: '09:00' } }, list: [1, 2] },
      ),
    ).toEqual([
      { name: 'policy.tries', was: '3', is: '5' },
      { name: 'policy.hours.start', was: '08:00', is: '09:00' },
      { name: 'list', was: '[1]', is: '[1,2]' },
    ]);
  });

  test('what came and what went is told', () => {
    expect(changedMembers(null, { number: '+1' })).toEqual([{ name: 'number', was: null, is: '+1' }]);
    expect(changedMembers({ number: '+1' }, null)).toEqual([{ name: 'number', was: '+1', is: null }]);
    expect(changedMembers(null, null)).toEqual([]);
  });
});

test.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36',
    'Chrome on Linux',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/147.0.0.0 Safari/537.36 Edg/147.0',
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Mobile/15E148 Safari/604.1',
    'Safari on iPhone',
  ],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:150.0) Gecko/20100101 Firefox/150.0', 'Firefox on macOS'],
  ['curl/8.5', 'curl/8.5'],
  ['', 'A browser without a name'],
])('%s is called %s', (userAgent, words) => {
  expect(browserWords(userAgent)).toBe(words);
});

describe('cells of the exported file', () => {
  test.each([
    ['=1+1', "'=1+1"],
    ['  =1+1', "'  =1+1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['-2+3', "'-2+3"],
    ['\t=1', "'\t=1"],
    ['＝1', "'＝1"],
    ['+1 312', "'+1 312"],
    ['+13125550142', '+13125550142'],
    ['a "b", c', '"a ""b"", c"'],
    ['plain', 'plain'],
    [null, ''],
    [3, '3'],
  ])('%j is written %j', (value, cell) => {
    expect(csvCell(value)).toBe(cell);
  });
});
