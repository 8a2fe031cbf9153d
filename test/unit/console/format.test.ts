import { describe, expect, test } from 'vitest';
import { clockDuration, exactTime, relativeTime, theirTime, wallTime } from '../../../src/console/time/format.ts';

const now = Date.parse('2026-11-24T09:30:00Z');
const minute = 60_000;
const hour = 60 * minute;

describe('relative time', () => {
  test.each([
    [now + 67_000, 'in 1:07'],
    [now + 120_000, 'in 2:00'],
    [now + 1_400, 'in 0:01'],
    // The page's present is up to a second behind: this may ring already.
    [now + 400, 'now'],
    [now, 'now'],
    [now - 4_000, 'now'],
    [now - 40_000, '40 s ago'],
    [now + 12 * minute, 'in 12 min'],
    [now + 2 * hour + 20 * minute, 'in 2 h 20 min'],
    [now - 9 * hour - 20 * minute, '9 h ago'],
    [now + 26 * hour, 'in 1 day'],
    [now - 72 * hour, '3 days ago'],
  ])('%i is %s', (at, words) => expect(relativeTime(at, now)).toBe(words));
});

describe('exact time', () => {
  test.each([
    ['2026-11-24T09:45:00Z', 'Europe/Vienna', '10:45'],
    ['2026-11-25T08:00:00Z', 'Europe/Vienna', 'Tomorrow 09:00'],
    ['2026-11-23T22:30:00Z', 'Europe/Vienna', 'Yesterday 23:30'],
    // 23:30 UTC of the day before is today in Kathmandu (+05:45).
    ['2026-11-23T23:30:00Z', 'Asia/Kathmandu', '05:15'],
    ['2026-11-27T23:00:00Z', 'Europe/Vienna', 'Sat 28 Nov, 00:00'],
    ['2027-01-02T10:00:00Z', 'UTC', 'Sat 2 Jan 2027, 10:00'],
  ])('%s in %s is %s', (at, zone, words) => expect(exactTime(Date.parse(at), now, zone)).toBe(words));
});

test('a local time that a tool booked is written as people write it', () => {
  expect(wallTime('2026-11-24T16:00:00')).toBe('Tue 24 Nov, 16:00');
  expect(wallTime('2026-11-25T03:11:52')).toBe('Wed 25 Nov, 03:11');
  expect(wallTime('today, 4:00 pm')).toBe('today, 4:00 pm');
});

describe('the callee’s own time', () => {
  test('stands beside the reader’s where their clocks differ, with the day where that differs too', () => {
    expect(theirTime(now, 'America/Chicago', 'Europe/Vienna')).toBe('03:30 in Chicago');
    expect(theirTime(Date.parse('2026-11-24T23:30:00Z'), 'Asia/Kathmandu', 'UTC')).toBe('05:15 Wed in Kathmandu');
  });

  test('is left out where both clocks show the same, whatever their zones are called', () => {
    expect(theirTime(now, 'Europe/Berlin', 'Europe/Vienna')).toBeNull();
    expect(theirTime(now, 'Nowhere/Land', 'Europe/Vienna')).toBeNull();
  });
});

test('a duration is never negative and shows hours only where there are some', () => {
  expect([-1, 9.9, 61, 3_725].map(clockDuration)).toEqual(['0:00', '0:09', '1:01', '1:02:05']);
});
