import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultCallbackPolicy, type CallbackPolicy } from '../../../src/domain/agent.ts';
import { attemptOutcomes, type AttemptOutcome } from '../../../src/domain/attempt.ts';
import { planAfterAttempt, releaseDelayMs, type AttemptAftermath } from '../../../src/domain/retry.ts';
import { DUE, someCallback } from '../../support/callback-facts.ts';

function after(
  outcome: AttemptOutcome,
  over: Partial<AttemptAftermath> & { policyOver?: Partial<CallbackPolicy> } = {},
) {
  const { policyOver, ...rest } = over;
  return planAfterAttempt({
    outcome,
    detail: null,
    endedAt: DUE,
    earlierOutcomes: [],
    attemptsMade: 1,
    callback: someCallback(),
    policy: { ...defaultCallbackPolicy, callingHours: null, ...policyOver },
    zones: ['America/New_York'],
    hoursApply: true,
    machineMessageLeft: false,
    newerPromiseExists: false,
    anyPlaced: true,
    retryAfterMs: undefined,
    now: DUE,
    random: () => 0,
    ...rest,
  });
}

function minutesLater(plan: ReturnType<typeof after>): number | null {
  return plan.nextAttemptAt === null ? null : (plan.nextAttemptAt.epochMilliseconds - DUE.epochMilliseconds) / 60_000;
}

describe('the delay before the next attempt', () => {
  test.each<[AttemptOutcome, AttemptOutcome[], number]>([
    ['no_answer', [], 15],
    ['no_answer', ['no_answer'], 60],
    ['no_answer', ['busy'], 15],
    ['lost', [], 15],
    ['failed', ['lost'], 60],
    ['busy', [], 10],
    ['rejected', ['busy'], 30],
    ['busy', ['rejected', 'no_answer'], 30],
    ['machine', ['no_answer', 'busy'], 240],
  ])('after %s with %j before it', (outcome, earlierOutcomes, minutes) => {
    const policyOver = { maxAttempts: 9 };
    expect(minutesLater(after(outcome, { earlierOutcomes, policyOver }))).toBe(minutes);
  });

  test('a shorter list repeats its last entry, an empty one means no retry, and minutes may be fractions', () => {
    const retryDelaysMinutes = { noAnswer: [0.5], busy: [], machine: [] };
    const many = { policyOver: { maxAttempts: 9, retryDelaysMinutes } };
    expect(
      minutesLater(
        after('no_answer', { ...many, earlierOutcomes: Array.from({ length: 5 }, () => 'no_answer' as const) }),
      ),
    ).toBe(0.5);
    expect(after('busy', many)).toMatchObject({ event: 'miss', nextAttemptAt: null });
    expect(after('machine', many)).toMatchObject({ event: 'miss', nextAttemptAt: null });
  });

  test('runs from the end of the attempt, not from when we heard of it', () => {
    expect(minutesLater(after('no_answer', { now: DUE.add({ minutes: 5 }) }))).toBe(15);
  });
});

describe('a retry is not planned', () => {
  test('past the limit of attempts', () => {
    expect(minutesLater(after('no_answer', { attemptsMade: 2 }))).toBe(15);
    expect(after('no_answer', { attemptsMade: 3 })).toMatchObject({ event: 'miss', nextAttemptAt: null });
  });

  test('past the limit of the agent as it is now, whatever it was when the promise was made', () => {
    expect(after('no_answer', { policyOver: { maxAttempts: 1 } })).toMatchObject({
      event: 'miss',
      nextAttemptAt: null,
    });
    expect(minutesLater(after('no_answer', { attemptsMade: 3, policyOver: { maxAttempts: 4 } }))).toBe(15);
  });

  test('at or after the expiry', () => {
    const expiring = (milliseconds: number) => ({ callback: someCallback({ expiresAt: DUE.add({ milliseconds }) }) });
    expect(minutesLater(after('no_answer', expiring(900_001)))).toBe(15);
    expect(after('no_answer', expiring(900_000))).toMatchObject({ event: 'miss', nextAttemptAt: null });
  });

  test('after a message was left on the machine', () => {
    expect(after('machine', { machineMessageLeft: true })).toMatchObject({ event: 'miss', nextAttemptAt: null });
  });

  test('after somebody hung it up, not even where nothing was placed', () => {
    const callback = someCallback({ hangupRequested: true });
    for (const outcome of ['no_answer', 'not_placed', 'account_fault', 'failed', 'machine'] as const) {
      expect(after(outcome, { callback })).toMatchObject({ event: 'miss', nextAttemptAt: null });
    }
  });
});

test('a conversation completes it, whatever else is true', () => {
  const plan = after('completed', { newerPromiseExists: true, callback: someCallback({ hangupRequested: true }) });
  expect(plan).toMatchObject({ event: 'converse', nextAttemptAt: null, cancelledBy: null, failureCode: null });
});

test.each(['invalid_number', 'not_permitted'] as const)(
  '%s fails at once, with the reason as a sentence',
  (outcome) => {
    expect(after(outcome, { detail: 'the carrier does not know this number' })).toMatchObject({
      event: 'reject',
      nextAttemptAt: null,
      failureCode: outcome,
      failureReason: 'The carrier does not know this number.',
    });
  },
);

test('a newer promise ends the older: No answer where one was placed, else superseded', () => {
  for (const outcome of attemptOutcomes.filter((one) => one !== 'completed' && one !== 'blocked')) {
    expect(after(outcome, { newerPromiseExists: true })).toMatchObject({ event: 'miss', nextAttemptAt: null });
    expect(after(outcome, { newerPromiseExists: true, anyPlaced: false })).toMatchObject({
      event: 'supersede',
      cancelledBy: 'superseded',
      nextAttemptAt: null,
    });
  }
});

describe('when the attempts are used up without a call', () => {
  test('it is Failed where none ever reached a telephone', () => {
    const spent = { attemptsMade: 3, earlierOutcomes: ['lost', 'failed'] as const };
    expect(after('lost', spent)).toMatchObject({ event: 'reject', failureCode: 'lost' });
    expect(after('failed', spent)).toMatchObject({ event: 'reject', failureCode: 'failed' });
  });

  test('it is a final No answer where one did', () => {
    const spent = { attemptsMade: 3, earlierOutcomes: ['no_answer', 'failed'] as const };
    expect(after('failed', spent)).toMatchObject({ event: 'miss', failureCode: null });
  });
});

describe('calling hours', () => {
  const hours = { policyOver: { callingHours: { start: '08:00', end: '21:00' } } };
  /** 20:50 in New York. */
  const late = { endedAt: Temporal.Instant.from('2026-11-25T01:50:00Z'), ...hours };

  test('a retry outside them moves to the next allowed minute and says so', () => {
    const plan = after('no_answer', late);
    expect(plan.nextAttemptAt?.toString()).toBe('2026-11-25T13:00:00Z');
    expect(plan.warning).toMatch(/calling hours/);
    expect(after('busy', { ...late, endedAt: DUE }).warning).toBeNull();
  });

  test('they hold in each zone that the person may be in', () => {
    const callback = someCallback({ expiresAt: DUE.add({ hours: 48 }) });
    const plan = after('no_answer', { ...late, callback, zones: ['America/New_York', 'America/Los_Angeles'] });
    expect(plan.nextAttemptAt?.toString()).toBe('2026-11-25T16:00:00Z');
  });

  test('they do not apply to a carrier that rings no telephones', () => {
    const plan = after('no_answer', { ...late, hoursApply: false });
    expect(plan.nextAttemptAt?.toString()).toBe('2026-11-25T02:05:00Z');
  });

  test('delays that cannot be read plan no retry, and the attempt is settled', () => {
    for (const noAnswer of [undefined, [Number.NaN], [-1], [Number.POSITIVE_INFINITY], ['15']]) {
      const policyOver = {
        retryDelaysMinutes: { noAnswer, busy: [], machine: [] },
      } as unknown as Partial<CallbackPolicy>;
      expect(after('no_answer', { policyOver })).toMatchObject({ event: 'miss', nextAttemptAt: null });
    }
  });

  test('hours or zones that cannot be read do not keep the attempt from being settled', () => {
    const unreadable = { policyOver: { callingHours: { start: 'eight', end: '21:00' } } };
    expect(minutesLater(after('no_answer', unreadable))).toBe(15);
    expect(minutesLater(after('no_answer', { ...hours, callback: someCallback({ timeZone: 'Mars/Phobos' }) }))).toBe(
      15,
    );
  });
});

describe('what was not placed', () => {
  test('backs off without using up an attempt', () => {
    const plan = after('not_placed', {
      attemptsMade: 0,
      callback: someCallback({ releases: 2 }),
      random: () => 0.999,
      detail: 'the carrier asked us to slow down',
    });
    expect(plan).toMatchObject({ event: 'release', releases: 3, warning: 'The carrier asked us to slow down.' });
    expect(plan.nextAttemptAt?.epochMilliseconds).toBeGreaterThan(DUE.epochMilliseconds + 7_900);
  });

  test('a fault of the account waits the same way', () => {
    expect(after('account_fault')).toMatchObject({ event: 'release', releases: 1 });
  });

  test('is not looked at after its expiry: there the last look ends it', () => {
    const expiresAt = DUE.add({ seconds: 1 });
    const plan = after('not_placed', { callback: someCallback({ expiresAt }) });
    expect(plan.nextAttemptAt?.equals(expiresAt)).toBe(true);
  });

  test('a real attempt forgets the releases before it', () => {
    expect(after('no_answer', { callback: someCallback({ releases: 7 }) }).releases).toBe(0);
  });

  test('the delay lies between 2 s and 5 min, doubles, and keeps to what the carrier asked', () => {
    const releases = fc.integer({ min: 0, max: 10_000 });
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(releases, random, fc.integer({ min: 0, max: 10_000_000 }), (count, luck, retryAfterMs) => {
        const delayMs = releaseDelayMs(count, () => luck, retryAfterMs);
        const ceilingMs = Math.min(300_000, 2_000 * 2 ** count);
        expect(delayMs).toBeGreaterThanOrEqual(Math.max(2_000, Math.floor(ceilingMs / 2)));
        expect(delayMs).toBeGreaterThanOrEqual(Math.min(retryAfterMs, 300_000));
        expect(delayMs).toBeLessThanOrEqual(Math.max(ceilingMs, Math.min(retryAfterMs, 300_000)));
      }),
    );
    expect([0, 1, 2, 7, 8, 50].map((count) => releaseDelayMs(count, () => 1))).toEqual([
      2_000, 4_000, 8_000, 256_000, 300_000, 300_000,
    ]);
  });
});
