import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hoursFault, isAllowed, keepsHours, nextAllowed } from '../../../src/domain/calling-hours.ts';
import { candidateZones } from '../../../src/domain/zones.ts';

const day = { start: '08:00', end: '21:00' };
const night = { start: '22:00', end: '06:00' };

function at(local: string, zone = 'America/New_York'): Temporal.Instant {
  return Temporal.PlainDateTime.from(local).toZonedDateTime(zone).toInstant();
}

function next(
  hours: typeof day | null,
  zones: string[],
  from: Temporal.Instant,
  fallback = 'America/New_York',
): string {
  return nextAllowed(hours, zones, from, fallback).toString();
}

describe('whether a time is allowed', () => {
  test.each([
    ['07:59:59.999', false],
    ['08:00', true],
    ['20:59:59.999', true],
    ['21:00', false],
  ])('by day, %s', (time, allowed) => {
    expect(isAllowed(day, ['America/New_York'], at(`2026-11-24T${time}`))).toBe(allowed);
  });

  test.each([
    ['21:59', false],
    ['22:00', true],
    ['00:00', true],
    ['05:59', true],
    ['06:00', false],
  ])('a start after the end wraps midnight, %s', (time, allowed) => {
    expect(isAllowed(night, ['America/New_York'], at(`2026-11-24T${time}`))).toBe(allowed);
  });

  test('24:00 is the end of the day, and an end at its start is always', () => {
    const evening = { start: '18:00', end: '24:00' };
    expect(isAllowed(evening, ['America/New_York'], at('2026-11-24T23:59'))).toBe(true);
    expect(isAllowed(evening, ['America/New_York'], at('2026-11-25T00:00'))).toBe(false);
    expect(isAllowed({ start: '00:00', end: '24:00' }, ['America/New_York'], at('2026-11-25T00:00'))).toBe(true);
    expect(isAllowed({ start: '09:00', end: '09:00' }, ['America/New_York'], at('2026-11-25T03:00'))).toBe(true);
    expect(isAllowed(null, ['America/New_York'], at('2026-11-25T03:00'))).toBe(true);
  });

  test('quarters of an hour count where the zone has them', () => {
    // 08:00 in Kathmandu is 02:15 UTC.
    expect(isAllowed(day, ['Asia/Kathmandu'], Temporal.Instant.from('2026-11-24T02:14:59Z'))).toBe(false);
    expect(isAllowed(day, ['Asia/Kathmandu'], Temporal.Instant.from('2026-11-24T02:15:00Z'))).toBe(true);
  });
});

describe('the next allowed minute', () => {
  test('is the time itself where it is allowed, to the millisecond', () => {
    expect(next(day, ['America/New_York'], at('2026-11-24T10:00:00.123'))).toBe('2026-11-24T15:00:00.123Z');
    expect(next(null, [], at('2026-11-24T03:00'))).toBe('2026-11-24T08:00:00Z');
  });

  test('is the next opening, this morning or tomorrow', () => {
    expect(next(day, ['America/New_York'], at('2026-11-24T03:00'))).toBe('2026-11-24T13:00:00Z');
    expect(next(day, ['America/New_York'], at('2026-11-24T21:00'))).toBe('2026-11-25T13:00:00Z');
    expect(next(night, ['America/New_York'], at('2026-11-24T06:00'))).toBe('2026-11-25T03:00:00Z');
  });

  test('is common to all zones', () => {
    const coasts = ['America/New_York', 'America/Los_Angeles'];
    expect(next(day, coasts, at('2026-11-24T09:00'))).toBe('2026-11-24T16:00:00Z');
    expect(next(day, coasts, at('2026-11-24T21:30'))).toBe('2026-11-25T16:00:00Z');
  });

  test('is the stored zone alone where the zones have no minute in common', () => {
    const apart = ['Europe/London', 'Pacific/Auckland'];
    const short = { start: '09:00', end: '17:00' };
    expect(next(short, apart, at('2026-11-24T03:00', 'Europe/London'), 'Europe/London')).toBe('2026-11-24T09:00:00Z');
    const inLondon = at('2026-11-24T10:00', 'Europe/London');
    expect(keepsHours(short, apart, inLondon, 'Europe/London')).toBe(true);
    expect(keepsHours(short, apart, inLondon, 'Pacific/Auckland')).toBe(false);
  });

  test('is read in the fallback zone where no zone is known', () => {
    expect(next(day, [], at('2026-11-24T03:00'))).toBe('2026-11-24T13:00:00Z');
  });

  test('after a gap in the clocks, is the first minute that exists', () => {
    // On 8 March 2026 New York goes from 02:00 to 03:00.
    const early = { start: '02:30', end: '05:00' };
    expect(next(early, ['America/New_York'], at('2026-03-08T01:00'))).toBe('2026-03-08T07:00:00Z');
  });

  test('where the clocks go back, hours that occur twice are open twice', () => {
    // On 1 November 2026 New York goes from 02:00 to 01:00.
    const early = { start: '00:30', end: '01:30' };
    const first = Temporal.Instant.from('2026-11-01T05:29:00Z');
    expect(next(early, ['America/New_York'], first)).toBe(first.toString());
    expect(next(early, ['America/New_York'], Temporal.Instant.from('2026-11-01T05:30:00Z'))).toBe(
      '2026-11-01T06:00:00Z',
    );
  });

  test('is always allowed and never before the time asked for', () => {
    const zones = ['America/New_York', 'Asia/Kathmandu', 'Europe/London', 'Australia/Lord_Howe', 'Asia/Kolkata'];
    const clock = fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map(([h, m]) => `${two(h)}:${two(m)}`);
    const some = fc.subarray(zones, { minLength: 1, maxLength: 2 });
    const moment = fc.integer({ min: 1_735_689_600, max: 1_798_761_600 });
    fc.assert(
      fc.property(clock, clock, some, moment, (start, end, asked, seconds) => {
        const from = Temporal.Instant.fromEpochMilliseconds(seconds * 1000);
        const hours = { start, end };
        const found = nextAllowed(hours, asked, from, 'Europe/London');
        expect(Temporal.Instant.compare(found, from)).toBeGreaterThanOrEqual(0);
        expect(isAllowed(hours, asked, found) || isAllowed(hours, ['Europe/London'], found)).toBe(true);
        // Nothing allowed was passed over, looked at every ten minutes.
        for (let step = from; Temporal.Instant.compare(step, found) < 0; step = step.add({ minutes: 10 })) {
          const common = isAllowed(hours, asked, found);
          expect(isAllowed(hours, common ? asked : [...asked, 'Europe/London'], step)).toBe(false);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('of a number that may be anywhere from Guam to Newfoundland is decided in the stored zone', () => {
    const zones = [...candidateZones('+18005550199')];
    expect(zones.length).toBeGreaterThan(30);
    const noon = at('2026-11-24T12:00');
    expect(isAllowed(day, zones, noon)).toBe(false);
    expect(next({ start: '09:00', end: '12:00' }, zones, at('2026-11-24T10:00'))).toBe('2026-11-24T15:00:00Z');
  });
});

test.each([
  [day, ['America/New_York'], undefined],
  [null, [], undefined],
  [{ start: '08:00', end: '24:00' }, ['UTC'], undefined],
  [{ start: '24:00', end: '08:00' }, ['UTC'], 'the calling hours cannot be read'],
  [{ start: '8', end: '21:00' }, ['UTC'], 'the calling hours cannot be read'],
  [null, ['Mars/Phobos'], 'a time zone is not known'],
])('hours %j in %j: %s', (hours, zones, fault) => {
  expect(hoursFault(hours, zones)).toBe(fault);
});

function two(number: number): string {
  return String(number).padStart(2, '0');
}
