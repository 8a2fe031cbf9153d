import { describe, expect, test } from 'vitest';
import { dayStart, instantOfWallTime, wallTimeAt } from '../../../src/console/time/wall-time.ts';

const iso = (ms: number | null): string | null =>
  ms === null ? null : Temporal.Instant.fromEpochMilliseconds(ms).toString();

describe('a time on the wall of the person who is called', () => {
  test.each([
    ['2026-11-24T09:30', 'America/Chicago', '2026-11-24T15:30:00Z'],
    ['2026-07-24T09:30', 'America/Chicago', '2026-07-24T14:30:00Z'],
    ['2026-11-24T09:30', 'Asia/Kathmandu', '2026-11-24T03:45:00Z'],
    ['2026-11-24T00:00', 'Pacific/Kiritimati', '2026-11-23T10:00:00Z'],
    ['2026-11-24T09:30', 'UTC', '2026-11-24T09:30:00Z'],
    // Shown twice on the night of the change: the first.
    ['2026-11-01T01:30', 'America/Chicago', '2026-11-01T06:30:00Z'],
    // Half an hour is changed there.
    ['2026-04-05T01:45', 'Australia/Lord_Howe', '2026-04-04T14:45:00Z'],
  ])('%s in %s', (wall, zone, at) => {
    expect(iso(instantOfWallTime(wall, zone))).toBe(at);
    expect(wallTimeAt(Date.parse(at), zone)).toBe(wall);
  });

  test.each([
    ['2026-03-08T02:30', 'America/Chicago'],
    ['2026-02-30T10:00', 'UTC'],
    ['2026-11-24T25:00', 'UTC'],
    ['', 'UTC'],
    ['tomorrow', 'UTC'],
  ])('%s in %s is no time', (wall, zone) => {
    expect(instantOfWallTime(wall, zone)).toBeNull();
  });

  test('agrees with the calendar of the platform all through a year, in zones of every kind', () => {
    for (const zone of ['America/Chicago', 'Europe/Vienna', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/St_Johns'])
      for (let day = 0; day < 365; day += 1) {
        const wall = Temporal.PlainDateTime.from('2026-01-01T12:34').add({ days: day, minutes: day * 7 });
        const text = wall.toString({ smallestUnit: 'minute' });
        expect(iso(instantOfWallTime(text, zone)), `${text} ${zone}`).toBe(
          wall.toZonedDateTime(zone, { disambiguation: 'earlier' }).toInstant().toString(),
        );
      }
  });
});

test("a day begins at its own midnight, and where the clock jumps over that, at one o'clock", () => {
  expect(dayStart('2026-11-24', 0, 'Europe/Vienna')).toBe('2026-11-23T23:00:00.000Z');
  expect(dayStart('2026-11-24', 1, 'Europe/Vienna')).toBe('2026-11-24T23:00:00.000Z');
  expect(dayStart('2026-09-06', 0, 'America/Santiago')).toBe('2026-09-06T04:00:00.000Z');
  expect(dayStart(undefined, 0, 'UTC')).toBeUndefined();
  expect(dayStart('2026-13-45', 0, 'UTC')).toBeUndefined();
});
