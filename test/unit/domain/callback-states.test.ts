import { describe, expect, test } from 'vitest';
import { callbackStatuses, type CallbackEvent } from '../../../src/domain/callback.ts';
import {
  callbackTransitions,
  canCancel,
  canDialNow,
  canMove,
  describeStatus,
  isOpen,
  nextStatus,
  type CallbackState,
} from '../../../src/domain/callback-states.ts';
import { DUE } from '../../support/callback-facts.ts';

const events: readonly CallbackEvent[] = [
  'claim',
  'move',
  'cancel',
  'expire',
  'refuse',
  'converse',
  'miss',
  'reject',
  'release',
  'supersede',
];

/** Everything that product.md allows; whatever is missing here may not happen. */
const allowed: Record<string, Partial<Record<CallbackEvent, string>>> = {
  'scheduled, planned': {
    claim: 'dialing',
    move: 'scheduled',
    cancel: 'cancelled',
    expire: 'failed',
    refuse: 'failed',
  },
  'dialing, not planned': {
    converse: 'completed',
    miss: 'no_answer',
    reject: 'failed',
    release: 'waiting',
    supersede: 'cancelled',
  },
  'no_answer, planned': {
    claim: 'dialing',
    move: 'scheduled',
    cancel: 'cancelled',
    expire: 'no_answer',
    refuse: 'no_answer',
    reject: 'failed',
  },
};
const states: CallbackState[] = callbackStatuses.flatMap((status) => [
  { status, retryPlanned: true },
  { status, retryPlanned: false },
]);

describe.each(states)('a callback that is $status, planned: $retryPlanned', (state) => {
  test.each(events)('%s', (event) => {
    // A scheduled one always has its time and a dialling one never: there the plan says nothing more.
    const key =
      state.status === 'scheduled' ? 'scheduled, planned' : state.status === 'dialing' ? 'dialing, not planned' : '';
    const row = allowed[key === '' ? `${state.status}, ${state.retryPlanned ? 'planned' : 'not planned'}` : key];
    expect(nextStatus(state, event)).toBe(row?.[event]);
  });
});

test('the drawing of the states has every edge once', () => {
  const edges = callbackTransitions().map(({ from, event, to }) => `${from} ${event} ${to}`);
  expect(edges).toHaveLength(16);
  expect(new Set(edges).size).toBe(16);
});

test.each([
  ['scheduled', DUE, { open: true, words: 'scheduled' }],
  ['no_answer', DUE, { open: true, words: 'waiting for its retry' }],
  ['no_answer', null, { open: false, words: 'finally unanswered' }],
  ['dialing', null, { open: false, words: 'being dialled' }],
  ['completed', null, { open: false, words: 'completed' }],
  ['failed', null, { open: false, words: 'failed' }],
  ['cancelled', null, { open: false, words: 'cancelled' }],
] as const)('%s with its next time %s', (status, nextAttemptAt, expected) => {
  const standing = { status, nextAttemptAt };
  expect(isOpen(standing)).toBe(expected.open);
  expect([canCancel(standing), canMove(standing), canDialNow(standing)]).toEqual([
    expected.open,
    expected.open,
    expected.open,
  ]);
  expect(describeStatus(standing)).toBe(expected.words);
});
