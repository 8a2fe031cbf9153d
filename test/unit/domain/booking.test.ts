import { describe, expect, test } from 'vitest';
import { defaultCallbackPolicy, type CallbackPolicy } from '../../../src/domain/agent.ts';
import { decideBooking, type BookingRequest } from '../../../src/domain/booking.ts';

/** 22:00 in New York: outside the hours. */
const LATE = Temporal.Instant.from('2026-11-25T03:00:00Z');
const NOON = Temporal.Instant.from('2026-11-24T17:00:00Z');

function decide(over: Partial<BookingRequest> & { policyOver?: Partial<CallbackPolicy> } = {}) {
  const { policyOver, ...rest } = over;
  return decideBooking({
    at: LATE,
    now: NOON,
    zones: ['America/New_York'],
    timeZone: 'America/New_York',
    policy: { ...defaultCallbackPolicy, ...policyOver },
    hoursApply: true,
    confirmed: false,
    override: false,
    chainFrom: null,
    ...rest,
  });
}

test('inside the hours it is booked, and lives for as long as the policy says', () => {
  const expiresAt = NOON.add({ seconds: 90 });
  expect(decide({ at: NOON, policyOver: { expiresAfterMinutes: 1.5 } })).toEqual({
    ok: true,
    hoursWaived: false,
    expiresAt,
  });
});

test('outside them it is refused with the next allowed time, and may be confirmed', () => {
  expect(decide()).toEqual({ ok: false, nextAllowed: Temporal.Instant.from('2026-11-25T13:00:00Z'), mayConfirm: true });
});

test('the confirmation of the person, or an override, books it', () => {
  expect(decide({ confirmed: true })).toMatchObject({ ok: true, hoursWaived: true });
  expect(decide({ override: true })).toMatchObject({ ok: true, hoursWaived: true });
});

test('where the policy refuses, neither does', () => {
  const refusing = { policyOver: { outsideHours: 'refuse' } as const };
  expect(decide({ ...refusing, confirmed: true })).toMatchObject({ ok: false, mayConfirm: false });
  expect(decide({ ...refusing, override: true })).toMatchObject({ ok: false, mayConfirm: false });
});

describe('a wish due at most two hours after the end of an inbound call', () => {
  const twoHoursBefore = LATE.subtract({ hours: 2 });

  test('is honoured, whatever the policy', () => {
    expect(decide({ chainFrom: twoHoursBefore })).toMatchObject({ ok: true, hoursWaived: true });
    expect(decide({ chainFrom: twoHoursBefore, policyOver: { outsideHours: 'refuse' } })).toMatchObject({ ok: true });
  });

  test('and not a millisecond later', () => {
    expect(decide({ chainFrom: twoHoursBefore.subtract({ milliseconds: 1 }) })).toMatchObject({ ok: false });
  });

  test('is not waived where it lies inside the hours anyway', () => {
    expect(decide({ at: NOON, chainFrom: NOON })).toMatchObject({ ok: true, hoursWaived: false });
  });
});

test('the hours hold in each zone that the callee may be in', () => {
  const nineInNewYork = Temporal.Instant.from('2026-11-24T14:00:00Z');
  expect(decide({ at: nineInNewYork, zones: ['America/New_York', 'America/Los_Angeles'] })).toMatchObject({
    ok: false,
    nextAllowed: Temporal.Instant.from('2026-11-24T16:00:00Z'),
  });
});

test('where the zones have no minute in common, the zone of the wish decides', () => {
  const apart = {
    zones: ['America/New_York', 'Asia/Tokyo'],
    policyOver: { callingHours: { start: '09:00', end: '17:00' } },
  };
  expect(decide({ ...apart, at: NOON })).toMatchObject({ ok: true, hoursWaived: false });
  expect(decide({ ...apart, at: NOON, timeZone: 'Asia/Tokyo' })).toMatchObject({ ok: false });
});

test('no zones known: the zone of the wish decides', () => {
  expect(decide({ zones: [] })).toMatchObject({ ok: false });
  expect(decide({ zones: [], timeZone: 'Asia/Tokyo' })).toMatchObject({ ok: true, hoursWaived: false });
});

test('the hours do not bind a carrier that rings no telephones', () => {
  expect(decide({ hoursApply: false })).toMatchObject({ ok: true, hoursWaived: false });
});
