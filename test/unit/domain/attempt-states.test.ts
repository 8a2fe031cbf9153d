import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  advance,
  isCounted,
  type AttemptEvidence,
  type AttemptFacts,
  type CarrierEnd,
} from '../../../src/domain/attempt-states.ts';
import { attemptOutcomes, type AttemptStatus } from '../../../src/domain/attempt.ts';
import { DUE, someAttempt } from '../../support/callback-facts.ts';

const AT = DUE;

function take(attempt: AttemptFacts, ...evidence: AttemptEvidence[]): AttemptFacts & Record<string, unknown> {
  let current: AttemptFacts & Record<string, unknown> = { ...attempt };
  let at = AT;
  for (const one of evidence) {
    at = at.add({ seconds: 1 });
    current = { ...current, ...advance(current, one, at) };
  }
  return current;
}

const ended = (end: CarrierEnd): AttemptEvidence => ({ kind: 'ended', end });
const verdict = (said: 'human' | 'machine' | 'fax' | 'unknown'): AttemptEvidence => ({
  kind: 'verdict',
  verdict: said,
});
const placed: AttemptEvidence = { kind: 'placed' };
const ringing: AttemptEvidence = { kind: 'ringing' };
const answered: AttemptEvidence = { kind: 'answered' };
const opening: AttemptEvidence = { kind: 'opening' };
const unknown: AttemptEvidence = { kind: 'unknown', detail: 'the answer was lost' };
const lost: AttemptEvidence = { kind: 'lost' };
const notPlaced: AttemptEvidence = { kind: 'not_placed', detail: 'slow down' };
const overdue: AttemptEvidence = { kind: 'verdict_overdue' };
const refused: AttemptEvidence = { kind: 'refused', outcome: 'invalid_number', detail: 'no such number' };

const everything: Record<string, AttemptEvidence> = {
  placed,
  ringing,
  answered,
  opening,
  'verdict human': verdict('human'),
  'ended no_answer': ended('no_answer'),
  'ended hung_up': ended('hung_up'),
  unknown,
  not_placed: notPlaced,
  refused,
  lost,
  verdict_overdue: overdue,
};

/** The status after each kind of evidence; '-' where it changes nothing. */
const table: Record<AttemptStatus, readonly string[]> = {
  // placed ringing answered opening verdict no_answer hung_up unknown not_placed refused lost overdue
  sending: [
    'placed',
    'ringing',
    'answered',
    'answered',
    'sending',
    'ended',
    'ended',
    'unknown',
    'ended',
    'ended',
    '-',
    '-',
  ],
  unknown: [
    'placed',
    'ringing',
    'answered',
    'answered',
    'unknown',
    'ended',
    'ended',
    '-',
    'ended',
    'ended',
    'ended',
    '-',
  ],
  placed: ['-', 'ringing', 'answered', 'answered', 'placed', 'ended', 'ended', '-', '-', '-', '-', '-'],
  ringing: ['-', '-', 'answered', 'answered', 'ringing', 'ended', 'ended', '-', '-', '-', '-', '-'],
  answered: ['-', '-', '-', 'answered', 'answered', 'ended', 'ended', '-', '-', '-', '-', '-'],
  ended: ['-', '-', '-', '-', '-', '-', '-', '-', '-', '-', '-', '-'],
};

describe.each(Object.entries(table))('an attempt that is %s', (status, row) => {
  test.each(Object.entries(everything).map(([name, evidence], index) => [name, evidence, row[index]] as const))(
    'takes in %s',
    (_name, evidence, expected) => {
      const attempt = someAttempt({
        status: status as AttemptStatus,
        outcome: status === 'ended' ? 'no_answer' : null,
        answeredAt: status === 'answered' ? AT : null,
      });
      const change = advance(attempt, evidence, AT);
      expect(change === undefined ? '-' : (change.status ?? attempt.status)).toBe(expected);
    },
  );
});

test.each([
  ['no_answer', 'no_answer', true],
  ['cancelled', 'no_answer', true],
  ['busy', 'busy', true],
  ['rejected', 'rejected', true],
  ['invalid_number', 'invalid_number', false],
  ['not_permitted', 'not_permitted', false],
  ['failed', 'failed', true],
] as const)('a call that ends with %s before anybody answered is %s', (end, outcome, counted) => {
  expect(take(someAttempt(), placed, ringing, ended(end))).toMatchObject({ status: 'ended', outcome, counted });
});

test('against the limit count exactly the outcomes of the list', () => {
  expect(attemptOutcomes.filter(isCounted)).toEqual([
    'completed',
    'no_answer',
    'busy',
    'rejected',
    'machine',
    'lost',
    'failed',
  ]);
});

test.each(['invalid_number', 'not_permitted', 'failed', 'account_fault'] as const)(
  'a refusal (%s) ends what was not placed, with its reason',
  (outcome) => {
    const said: AttemptEvidence = { kind: 'refused', outcome, detail: 'said the carrier' };
    expect(take(someAttempt(), said)).toMatchObject({ status: 'ended', outcome, detail: 'said the carrier' });
  },
);

test('who is being sent cannot be lost: the request may be on its way', () => {
  expect(advance(someAttempt(), lost, AT)).toBeUndefined();
  expect(take(someAttempt(), unknown, lost)).toMatchObject({ outcome: 'lost', counted: true });
});

test('an opening that began makes it completed, even if the line broke later', () => {
  expect(take(someAttempt(), answered, opening, ended('failed'))).toMatchObject({ outcome: 'completed', detail: null });
});

describe('a call that ended before the opening began', () => {
  test('is a No answer at once: nobody heard what was not stored', () => {
    const ends = take(someAttempt(), placed, answered, ended('hung_up'));
    expect(ends).toMatchObject({ status: 'ended', outcome: 'no_answer', counted: true });
  });

  test('waits for the verdict alone where detection was asked for, and does not open any more', () => {
    const ends = take(someAttempt({ machineDetection: true }), placed, answered, ended('hung_up'));
    expect(ends).toMatchObject({ status: 'answered', outcome: null });
    expect(advance(ends, opening, AT)).toBeUndefined();
    expect(take(ends, verdict('human'))).toMatchObject({ outcome: 'no_answer', endedAt: ends.endedAt });
    expect(take(ends, verdict('machine'))).toMatchObject({ outcome: 'machine', endedAt: ends.endedAt });
    expect(take(ends, overdue)).toMatchObject({ outcome: 'no_answer', endedAt: ends.endedAt });
  });
});

describe('with machine detection', () => {
  const detected = someAttempt({ machineDetection: true });

  test('an answered call waits for its verdict, and the machine wins over an opening', () => {
    const waiting = take(detected, placed, answered, opening, ended('hung_up'));
    expect(waiting).toMatchObject({ status: 'answered', outcome: null });
    expect(waiting.endedAt).not.toBeNull();
    expect(take(waiting, verdict('machine'))).toMatchObject({ outcome: 'machine', endedAt: waiting.endedAt });
    expect(take(waiting, verdict('fax'))).toMatchObject({ outcome: 'machine' });
    expect(take(waiting, verdict('human'))).toMatchObject({ outcome: 'completed', endedAt: waiting.endedAt });
    expect(take(waiting, verdict('unknown'))).toMatchObject({ outcome: 'completed' });
    expect(take(waiting, overdue)).toMatchObject({ outcome: 'completed', endedAt: waiting.endedAt });
  });

  test('the "answered" that comes after the end does not cost the verdict', () => {
    const waiting = take(detected, placed, ended('hung_up'));
    expect(waiting).toMatchObject({ status: 'answered', outcome: null });
    expect(take(waiting, answered, verdict('machine'))).toMatchObject({ outcome: 'machine' });
  });

  test('nothing changes it once it is settled', () => {
    const settled = take(detected, answered, opening, ended('hung_up'), overdue);
    expect(take(settled, verdict('machine'), answered, ended('busy'))).toEqual(settled);
  });

  test('nobody waits for the verdict of a call that nobody answered', () => {
    expect(take(detected, ringing, ended('no_answer'))).toMatchObject({ outcome: 'no_answer' });
  });

  test('the time for the verdict is not over before the call is', () => {
    expect(advance(someAttempt({ status: 'answered', answeredAt: AT }), overdue, AT)).toBeUndefined();
  });
});

/** Whole stories of a call; `last` is what our own timer adds when everything else had time to come in. */
const stories: Record<string, { facts: AttemptFacts; told: AttemptEvidence[]; last?: AttemptEvidence }> = {
  'a conversation with detection': {
    facts: someAttempt({ machineDetection: true }),
    told: [unknown, placed, ringing, answered, opening, verdict('human'), ended('hung_up')],
  },
  'a machine that heard the opening': {
    facts: someAttempt({ machineDetection: true }),
    told: [placed, ringing, answered, opening, verdict('machine'), ended('hung_up')],
  },
  'a machine that hung up first': {
    facts: someAttempt({ machineDetection: true }),
    told: [unknown, placed, ringing, answered, verdict('machine'), ended('hung_up')],
  },
  'a conversation whose verdict never came': {
    facts: someAttempt({ machineDetection: true }),
    told: [placed, ringing, answered, opening, ended('hung_up')],
    last: overdue,
  },
  'a call that they hung up before the opening': {
    facts: someAttempt(),
    told: [unknown, placed, ringing, answered, ended('hung_up')],
    last: overdue,
  },
  'a telephone that rang out': { facts: someAttempt(), told: [unknown, placed, ringing, ended('no_answer')] },
  'a busy line': { facts: someAttempt({ machineDetection: true }), told: [placed, ended('busy')] },
};

describe.each(Object.entries(stories))('%s', (_name, { facts, told, last }) => {
  const inOrder = outcomeOf(facts, told, last);

  test('ends the same, in whatever order and however often its evidence comes', () => {
    const shuffled = fc
      .tuple(
        fc.shuffledSubarray(told, { minLength: told.length }),
        fc.array(fc.constantFrom(...told), { maxLength: 6 }),
      )
      .chain(([all, again]) => fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length }))
      // The opening is our own word, stored while the call lives: no carrier's event, and the end does not overtake it.
      .filter((order) => {
        const over = order.findIndex(({ kind }) => kind === 'ended');
        return order.indexOf(opening) < (over < 0 ? order.length : over);
      });
    fc.assert(
      fc.property(shuffled, (order) => {
        expect(outcomeOf(facts, order, last)).toEqual(inOrder);
      }),
      { numRuns: 500 },
    );
  });
});

function outcomeOf(facts: AttemptFacts, told: readonly AttemptEvidence[], last?: AttemptEvidence) {
  const all = last === undefined ? told : [...told, last];
  const { status, outcome, counted, detail, machineVerdict, answeredAt, openingAt } = take(facts, ...all) as never as {
    [key: string]: unknown;
  };
  // A verdict that comes after an end which it cannot change is not kept.
  return {
    status,
    outcome,
    counted,
    detail,
    answered: answeredAt !== null,
    opened: openingAt !== null,
    machine: outcome === 'machine' && machineVerdict,
  };
}
