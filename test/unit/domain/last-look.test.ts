import { describe, expect, test } from 'vitest';
import { lastLook } from '../../../src/domain/last-look.ts';
import { DUE, goodMoment, someCallback } from '../../support/callback-facts.ts';

const look = (over: Parameters<typeof goodMoment>[0] = {}) => lastLook(goodMoment(over));
const seconds = (count: number): Temporal.Instant => DUE.add({ seconds: count });

/** 03:00 in New York. */
const NIGHT = Temporal.Instant.from('2026-11-25T08:00:00Z');
const MORNING = Temporal.Instant.from('2026-11-25T13:00:00Z');

test('where nothing speaks against it, it dials from the number that they had dialled', () => {
  expect(look()).toEqual({ do: 'dial', from: '+12125550100', carrier: 'phone' });
});

test('the number that they dialled is preferred again once it may dial out', () => {
  const callback = someCallback({ from: '+442071234567' });
  expect(look({ callback })).toMatchObject({ do: 'dial', from: '+12125550100' });
  const numbers = goodMoment().numbers.map((own) =>
    own.number === '+12125550100' ? { ...own, outboundEnabled: false } : own,
  );
  expect(look({ callback, numbers })).toMatchObject({ do: 'dial', from: '+442071234567' });
  expect(look({ callback, dialled: null })).toMatchObject({ do: 'dial', from: '+442071234567' });
});

test.each(['cancelled', 'completed', 'failed', 'dialing'] as const)(
  'nothing is done about one that is %s',
  (status) => {
    expect(look({ callback: someCallback({ status, nextAttemptAt: null }) })).toEqual({ do: 'nothing' });
  },
);

test('at its expiry it ends, with what had held it up', () => {
  const callback = someCallback({ expiresAt: DUE, warning: 'The carrier is paused.' });
  expect(look({ callback })).toEqual({ do: 'expire', reason: 'The carrier is paused.' });
  expect(look({ callback: someCallback({ expiresAt: seconds(0.001 * 1000) }) }).do).toBe('dial');
});

/** Each line of the last look with its consequence; each also holds while everything after it is wrong too. */
const lines = {
  'do not call': [{ onDoNotCall: true }, { do: 'cancel', by: 'do_not_call' }],
  'agent gone': [{ policy: undefined }, { do: 'fail', code: 'agent_missing' }],
  'no attempts left': [
    { callback: someCallback({ status: 'no_answer', attemptsMade: 3 }) },
    { do: 'fail', code: 'attempts_used' },
  ],
  'outbound off': [
    { numbers: [{ number: '+12125550100', carrier: 'phone', outboundEnabled: false }] },
    { do: 'fail', code: 'outbound_off' },
  ],
  'no number': [{ numbers: [] }, { do: 'fail', code: 'no_outbound_number' }],
  country: [{ callback: someCallback({ to: '+33142685300' }) }, { do: 'fail', code: 'country_not_allowed' }],
  premium: [{ callback: someCallback({ to: '+19005550123' }) }, { do: 'fail', code: 'not_permitted' }],
  allowlist: [{ allowlist: ['+12125550111'] }, { do: 'fail', code: 'not_on_allowlist' }],
  'outside the hours': [{ now: NIGHT }, { do: 'move', to: MORNING }],
} as const;

const trouble = {
  recentDials: [1, 2, 3, 4, 5].map((hours) => DUE.subtract({ hours })),
  personOnCall: 'live',
  vendorsDown: ['the LLM'],
  capacityFree: false,
  pausedCarriers: { phone: 'no credit' },
  held: 'a restored database',
} as const;

describe.each(Object.entries(lines))('%s', (_name, [facts, verdict]) => {
  const far = {
    callback: someCallback({ expiresAt: DUE.add({ hours: 72 }), ...('callback' in facts ? facts.callback : {}) }),
  };
  test('has its consequence', () => {
    expect(look({ ...facts, ...far })).toMatchObject(verdict);
  });

  test('comes before everything that merely waits', () => {
    expect(look({ ...trouble, ...facts, ...far })).toMatchObject(verdict);
  });
});

test('do-not-call comes before every refusal: it is their wish, not our failure', () => {
  for (const facts of [lines['agent gone'][0], lines['outbound off'][0], lines['no number'][0], lines.allowlist[0]]) {
    expect(look({ ...facts, onDoNotCall: true })).toEqual({ do: 'cancel', by: 'do_not_call' });
  }
});

describe('what makes it wait, using no attempt and saying why', () => {
  test.each([
    ['all outbound is held', { held: 'restored' }, seconds(5), /held: restored/],
    ['the carrier is paused', { pausedCarriers: { phone: 'no credit' } }, seconds(5), /paused: no credit/],
    ['they are being dialled', { attemptInFlight: true }, seconds(15), /dialled already/],
    ['they are on a call', { personOnCall: 'live' }, seconds(5), /on a call with us/],
    ['they have just hung up', { personOnCall: seconds(7) }, seconds(7), /just hung up/],
    ['a vendor is down', { vendorsDown: ['STT', 'TTS'] }, seconds(5), /STT and TTS cannot be reached/],
    ['no line is free', { capacityFree: false }, seconds(1), /lines are busy/],
  ] as const)('%s', (_name, facts, until, warning) => {
    const verdict = look(facts);
    expect(verdict).toMatchObject({ do: 'wait', until, warning: expect.stringMatching(warning) as unknown });
    // Only what waits for nothing else has a line kept for it.
    expect('forLine' in verdict).toBe('capacityFree' in facts);
  });

  test.each([
    ['all outbound is held', { held: 'restored' }, [5, 10, 20, 30, 30]],
    ['no line is free', { capacityFree: false }, [1, 2, 4, 8, 8]],
    // Ten seconds after a hang-up are waited for anyway, so that looking more often wins nothing.
    ['they are on a call', { personOnCall: 'live' }, [5, 10, 10]],
  ] as const)('less and less often while %s', (_name, facts, waits) => {
    let callback = someCallback();
    let now = DUE;
    for (const waited of waits) {
      const verdict = look({ ...facts, callback, now });
      if (verdict.do !== 'wait') throw new Error('it was to wait');
      expect(verdict.until.since(now).total('seconds')).toBe(waited);
      callback = { ...callback, warning: verdict.warning, nextAttemptAt: verdict.until, updatedAt: now };
      now = verdict.until;
    }
    // Another reason is looked at soon again.
    expect(look({ callback, now, vendorsDown: ['TTS'] })).toMatchObject({ until: now.add({ seconds: 5 }) });
  });

  test('another carrier’s pause, and a hang-up long enough ago, do not', () => {
    expect(look({ pausedCarriers: { other: 'no credit' }, personOnCall: DUE }).do).toBe('dial');
  });

  test('the day’s cap waits until the oldest dial that counts is a day old', () => {
    expect(look({ recentDials: trouble.recentDials.slice(1) }).do).toBe('dial');
    const oldest = [20, 10, 4, 3, 2, 1].map((hours) => DUE.subtract({ hours }));
    expect(look({ recentDials: oldest })).toEqual({
      do: 'wait',
      // Four may stand beside the next: the second oldest has to go too.
      until: DUE.subtract({ hours: 10 }).add({ hours: 24 }),
      warning: 'This person has been dialled 6 times in a day; it waits.',
    });
  });

  test('never past its expiry', () => {
    const callback = someCallback({ expiresAt: seconds(3) });
    expect(look({ callback, held: 'restored' })).toMatchObject({ do: 'wait', until: seconds(3) });
  });
});

describe('the hours', () => {
  const waived = (for_: Temporal.Instant, now: Temporal.Instant) =>
    look({ now, callback: someCallback({ hoursWaivedFor: for_, expiresAt: MORNING.add({ hours: 24 }) }) }).do;

  test('are waived for the very time that was agreed, up to 15 minutes late, and for no other', () => {
    expect(waived(NIGHT, NIGHT)).toBe('dial');
    expect(waived(NIGHT, NIGHT.add({ minutes: 15 }))).toBe('dial');
    expect(waived(NIGHT, NIGHT.add({ minutes: 15, milliseconds: 1 }))).toBe('move');
    expect(waived(NIGHT, NIGHT.subtract({ minutes: 1 }))).toBe('move');
  });

  test('hold in every zone that they may be in, but a named one stands alone', () => {
    const candidateZones = ['America/New_York', 'America/Los_Angeles'];
    expect(
      look({ now: MORNING, candidateZones, callback: someCallback({ expiresAt: MORNING.add({ hours: 9 }) }) }),
    ).toMatchObject({
      do: 'move',
      to: Temporal.Instant.from('2026-11-25T16:00:00Z'),
    });
    const callback = someCallback({ timeZoneNamed: true, expiresAt: MORNING.add({ hours: 9 }) });
    expect(look({ now: MORNING, candidateZones, callback }).do).toBe('dial');
  });

  test('where the zones have no minute in common, the stored one decides', () => {
    const policyOver = { callingHours: { start: '09:00', end: '17:00' } };
    const candidateZones = ['America/New_York', 'Asia/Tokyo'];
    expect(look({ policyOver, candidateZones }).do).toBe('dial');
    expect(look({ policyOver, candidateZones, callback: someCallback({ timeZone: 'Asia/Tokyo' }) }).do).toBe('move');
  });

  test('may be none', () => {
    const callback = someCallback({ expiresAt: MORNING });
    expect(look({ now: NIGHT, callback, policyOver: { callingHours: null } }).do).toBe('dial');
  });
});

describe('the softphone', () => {
  const browser = {
    callback: someCallback({ to: 'browser:abcdef123456', expiresAt: MORNING }),
    dialled: 'browser:ringback',
    candidateZones: [],
  };

  test('knows no hours, caps, countries and do-not-call', () => {
    expect(look({ ...browser, now: NIGHT, onDoNotCall: true, recentDials: trouble.recentDials })).toEqual({
      do: 'dial',
      from: 'browser:ringback',
      carrier: 'browser',
    });
  });

  test('waits like any other', () => {
    expect(look({ ...browser, personOnCall: 'live' }).do).toBe('wait');
  });
});

describe('on bad data it does not dial, and says why', () => {
  test.each([
    ['a zone that does not exist', { callback: someCallback({ timeZone: 'Mars/Phobos' }) }, /time zone/],
    ['hours that are no hours', { policyOver: { callingHours: { start: '8 am', end: '' } } }, /calling hours/],
    ['no cap', { policyOver: { maxDialsPerDay: Number.NaN } }, /cap/],
    ['no cap at all', { policyOver: { maxDialsPerDay: undefined as never } }, /cap/],
    ['no countries', { policyOver: { allowedCountries: undefined as never } }, /countries/],
  ])('%s', (_name, facts, reason) => {
    expect(look(facts)).toEqual({ do: 'fail', code: 'bad_data', reason: expect.stringMatching(reason) as unknown });
  });

  test('a number that is none', () => {
    expect(look({ callback: someCallback({ to: '0800' }) })).toMatchObject({ do: 'fail', code: 'invalid_number' });
  });
});
