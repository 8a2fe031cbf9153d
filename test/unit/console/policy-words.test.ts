import { expect, test } from 'vitest';
import { emptyDraft } from '../../../src/console/agents/draft.ts';
import { policyWords, vendorWords } from '../../../src/console/agents/words.ts';

const policy = emptyDraft.callbackPolicy;

test('a policy is told in words that somebody who never saw its names understands', () => {
  expect(policyWords(policy)).toEqual([
    'Dials at most 3 times in all. It rings for 30 seconds each time.',
    'Nobody picks up: again after 15 min, then 60 min. Busy or declined: again after 10 min, then 30 min.',
    'An answering machine: hangs up, again after 4 h.',
    'Dials between 08:00 and 21:00 where they are. Another hour is booked only once the caller has confirmed it.',
    'Books up to 30 days ahead, gives up 24 h after the promised time, and dials one person at most 5 times a day.',
    'Only countries of its own phone numbers are dialled.',
  ]);
});

test('what is never done is told as never, not as an empty list', () => {
  const words = policyWords({
    ...policy,
    maxAttempts: 1,
    retryDelaysMinutes: { noAnswer: [], busy: [1.5], machine: [] },
    callingHours: null,
    detectMachines: false,
    allowedCountries: ['US', 'CA'],
  }).join(' ');
  for (const told of [
    'Dials once.',
    'Nobody picks up: not again.',
    'again after 1.5 min.',
    'at any hour',
    'counts as a person',
    'Only these countries are dialled: US, CA.',
  ])
    expect(words).toContain(told);
});

test('vendors are told in the order in which they are tried', () => {
  expect(vendorWords(null)).toBe('The first that is set up');
  expect(vendorWords(['a/b', 'c'])).toBe('a/b, then c');
});
