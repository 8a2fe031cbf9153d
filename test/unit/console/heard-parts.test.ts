import { expect, test } from 'vitest';
import { heardParts } from '../../../src/console/calls/words.ts';

const over = { role: 'agent', endedAt: '2026-11-24T09:30:00.000Z' } as const;

test('what was made and not heard is told apart from what was heard', () => {
  expect(heardParts({ ...over, text: 'Five days, and an email', heardText: 'Five days,' })).toEqual({
    heard: 'Five days,',
    unheard: 'and an email',
  });
  expect(heardParts({ ...over, text: 'Goodbye', heardText: '' })).toEqual({ heard: '', unheard: 'Goodbye' });
});

test('what was heard to its end has nothing unheard', () => {
  expect(heardParts({ ...over, text: 'Goodbye ', heardText: 'Goodbye' })).toEqual({ heard: 'Goodbye', unheard: '' });
});

test('while the agent speaks nothing is called unheard', () => {
  expect(heardParts({ role: 'agent', endedAt: null, text: 'Five days', heardText: 'Five' })).toEqual({
    heard: 'Five days',
    unheard: '',
  });
});

test('where the heard words are not the beginning of the made ones, both are shown', () => {
  expect(heardParts({ ...over, text: 'at 4:30 pm', heardText: 'at half past four' })).toEqual({
    heard: 'at half past four',
    unheard: 'at 4:30 pm',
  });
});
