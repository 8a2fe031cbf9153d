import { describe, expect, test } from 'vitest';
import { likelyZone, resolveWish, type TimeWish, type WishContext } from '../../../src/domain/wall-time.ts';

/** Tuesday, 24 November 2026, 10:00 in New York. */
const NOW = Temporal.Instant.from('2026-11-24T15:00:00Z');

function resolve(wish: TimeWish, over: Partial<WishContext> = {}) {
  return resolveWish(wish, {
    now: NOW,
    candidateZones: ['America/New_York'],
    agentZone: 'America/New_York',
    horizonDays: 30,
    ...over,
  });
}

function at(wish: TimeWish, over: Partial<WishContext> = {}): string {
  const resolved = resolve(wish, over);
  return resolved.ok ? resolved.at.toString() : `refused: ${resolved.error}`;
}

describe('a delay', () => {
  test.each([
    [30, '2026-11-24T15:30:00Z'],
    [0, '2026-11-24T15:00:00Z'],
    [1.5, '2026-11-24T15:01:30Z'],
    [0.0333, '2026-11-24T15:00:01.998Z'],
    [30 * 24 * 60, '2026-12-24T15:00:00Z'],
  ])('of %d minutes', (inMinutes, expected) => {
    expect(at({ inMinutes })).toBe(expected);
  });

  test.each([
    [-1, /cannot be negative/],
    [Number.NaN, /must be a number/],
    [Number.POSITIVE_INFINITY, /must be a number/],
    [30 * 24 * 60 + 0.01, /more than 30 days/],
    [1e300, /more than 30 days/],
  ])('of %d minutes is refused', (inMinutes, error) => {
    expect(at({ inMinutes })).toMatch(error);
  });

  test('says the zone of the hour that is read back where it was chosen, and keeps the one that was named', () => {
    const apart = { candidateZones: ['America/Los_Angeles', 'America/New_York'] };
    expect(resolve({ inMinutes: 5 }, apart)).toMatchObject({ sayZone: true, zoneNamed: false });
    expect(resolve({ inMinutes: 5 })).toMatchObject({ sayZone: false, zoneNamed: false });
    expect(resolve({ inMinutes: 5, timeZone: 'Asia/Tokyo' })).toMatchObject({ zone: 'Asia/Tokyo', zoneNamed: true });
  });

  test('and a wall time at once are refused', () => {
    expect(at({ inMinutes: 5, day: 'today' })).toMatch(/not both/);
    expect(at({ inMinutes: 5, time: '16:00' })).toMatch(/not both/);
  });
});

describe('a day and a time', () => {
  test.each([
    ['today', '16:00', '2026-11-24T21:00:00Z'],
    ['tomorrow', '09:30', '2026-11-25T14:30:00Z'],
    ['Tomorrow ', ' 9:30', '2026-11-25T14:30:00Z'],
    ['friday', '09:00', '2026-11-27T14:00:00Z'],
    ['monday', '09:00', '2026-11-30T14:00:00Z'],
    // It is Tuesday.
    ['tuesday', '16:00', '2026-11-24T21:00:00Z'],
    ['tuesday', '09:00', '2026-12-01T14:00:00Z'],
    ['tuesday', '10:00', '2026-12-01T15:00:00Z'],
    ['2026-12-24', '00:00', '2026-12-24T05:00:00Z'],
    ['2026-11-24', '23:59', '2026-11-25T04:59:00Z'],
  ])('%s at %s', (day, time, expected) => {
    expect(at({ day, time })).toBe(expected);
  });

  test.each([
    ['today', '09:00', /has already passed there \(it is now 10:00.AM\)/],
    ['today', '10:00', /has already passed/],
    ['2026-11-23', '12:00', /has already passed/],
    ['2026-12-25', '12:00', /more than 30 days/],
    ['9999-12-31', '12:00', /more than 30 days/],
    ['2026-02-30', '12:00', /"2026-02-30" is not a day/],
    ['next week', '12:00', /is not a day/],
    ['someday'.repeat(50), '12:00', /^refused: "somedaysomedaysomedaysomedaysomedaysomed" is not a day/],
    ['today', '4 pm', /"4 pm" is not a time/],
    ['today', '24:00', /is not a time/],
    ['today', '16:60', /is not a time/],
    ['today', '', /is not a time/],
    ['today', '16:00Z', /without Z or an offset/],
    ['today', '16:00-05:00', /without Z or an offset/],
    ['today', '2026-11-24T16:00:00+0530', /without Z or an offset/],
  ])('%s at %s is refused with a sentence', (day, time, error) => {
    expect(at({ day, time })).toMatch(error);
  });

  test('a time alone is its next occurrence', () => {
    expect(at({ time: '16:00' })).toBe('2026-11-24T21:00:00Z');
    expect(at({ time: '10:00' })).toBe('2026-11-25T15:00:00Z');
    expect(at({ time: '00:00' })).toBe('2026-11-25T05:00:00Z');
  });

  test('a day alone, or nothing at all, is asked back', () => {
    expect(at({ day: 'tomorrow' })).toMatch(/at what time/);
    expect(at({})).toMatch(/in how many minutes, or on which day/);
  });

  test('the day is the one where they are', () => {
    // 23:30 in New York is Wednesday in Kathmandu already.
    const late = { now: Temporal.Instant.from('2026-11-25T04:30:00Z'), candidateZones: ['Asia/Kathmandu'] };
    expect(at({ day: 'today', time: '16:00' }, late)).toBe('2026-11-25T10:15:00Z');
    expect(at({ day: 'tomorrow', time: '16:00' }, late)).toBe('2026-11-26T10:15:00Z');
  });
});

describe('a local time that the clocks skip', () => {
  /** The evening before New York goes from 02:00 to 03:00. */
  const before = { now: Temporal.Instant.from('2026-03-07T23:00:00Z') };

  test('is refused with the first minute after the gap', () => {
    expect(resolve({ day: 'tomorrow', time: '02:30' }, before)).toEqual({
      ok: false,
      error: expect.stringMatching(/^2:30.AM does not exist on that day: .* Offer 3:00.AM instead\.$/) as unknown,
      suggestion: '2026-03-08 03:00',
    });
    expect(at({ day: 'tomorrow', time: '01:59' }, before)).toBe('2026-03-08T06:59:00Z');
    expect(at({ day: 'tomorrow', time: '03:00' }, before)).toBe('2026-03-08T07:00:00Z');
  });

  test('does not stand in the way once it has passed', () => {
    const noon = { now: Temporal.Instant.from('2026-03-08T16:00:00Z') };
    expect(at({ time: '02:30' }, noon)).toBe('2026-03-09T06:30:00Z');
    expect(at({ day: 'sunday', time: '02:30' }, noon)).toBe('2026-03-15T06:30:00Z');
    expect(at({ day: 'today', time: '02:30' }, noon)).toMatch(/already passed/);
  });

  test('a gap at midnight proposes the same day', () => {
    // Cairo goes from 00:00 to 01:00 on 24 April 2026.
    const cairo = { now: Temporal.Instant.from('2026-04-23T10:00:00Z'), candidateZones: ['Africa/Cairo'] };
    expect(resolve({ day: 'tomorrow', time: '00:00' }, cairo)).toMatchObject({ suggestion: '2026-04-24 01:00' });
  });
});

describe('a local time that occurs twice', () => {
  test('takes the first', () => {
    const before = { now: Temporal.Instant.from('2026-10-31T23:00:00Z') };
    expect(at({ day: 'tomorrow', time: '01:30' }, before)).toBe('2026-11-01T05:30:00Z');
  });

  test('takes the second where the first has passed', () => {
    const between = { now: Temporal.Instant.from('2026-11-01T05:45:00Z') };
    expect(at({ time: '01:30' }, between)).toBe('2026-11-01T06:30:00Z');
  });
});

describe('the zone', () => {
  const wish = { day: 'tomorrow', time: '16:00' };
  const coasts = ['America/Los_Angeles', 'America/Denver'];

  test('that the person names stands, whatever their number says', () => {
    expect(resolve({ ...wish, timeZone: 'Asia/Kathmandu' }, { candidateZones: coasts })).toMatchObject({
      at: Temporal.Instant.from('2026-11-25T10:15:00Z'),
      zone: 'Asia/Kathmandu',
      zoneNamed: true,
      sayZone: false,
    });
  });

  test('of candidates with the same offset then is not worth a word', () => {
    const same = { candidateZones: ['Europe/Guernsey', 'Europe/Isle_of_Man', 'Europe/London'] };
    expect(resolve(wish, same)).toMatchObject({ at: Temporal.Instant.from('2026-11-25T16:00:00Z'), sayZone: false });
  });

  test('of candidates that differ then is the agent’s if it is among them, and is said', () => {
    expect(resolve(wish, { candidateZones: coasts, agentZone: 'America/Denver' })).toMatchObject({
      zone: 'America/Denver',
      at: Temporal.Instant.from('2026-11-25T23:00:00Z'),
      zoneNamed: false,
      sayZone: true,
    });
  });

  test('else the first of them, and is said', () => {
    expect(resolve(wish, { candidateZones: coasts })).toMatchObject({ zone: 'America/Los_Angeles', sayZone: true });
  });

  test('whether they differ is asked at that time, not now', () => {
    // Phoenix and Denver differ in summer only.
    const arizona = { candidateZones: ['America/Denver', 'America/Phoenix'], horizonDays: 300 };
    expect(resolve(wish, arizona)).toMatchObject({ sayZone: false });
    expect(resolve({ day: '2027-07-01', time: '16:00' }, arizona)).toMatchObject({ sayZone: true });
  });

  test('without candidates is the agent’s, unsaid', () => {
    expect(resolve(wish, { candidateZones: [], agentZone: 'Asia/Tokyo' })).toMatchObject({
      zone: 'Asia/Tokyo',
      sayZone: false,
    });
    expect(likelyZone([], 'Asia/Tokyo')).toBe('Asia/Tokyo');
  });

  test.each(['Mars/Phobos', '+05:00', 'Pacific', '', 'America/New York', '../etc/passwd'])(
    '%j is none, and is asked back',
    (timeZone) => {
      expect(at({ ...wish, timeZone })).toMatch(/is not a time zone\. Ask which city/);
    },
  );
});
