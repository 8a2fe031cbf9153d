import { expect, test } from 'vitest';
import { defaultCallbackPolicy } from '../../../src/domain/agent.ts';
import { resolveWish } from '../../../src/domain/wall-time.ts';
import tool from '../../../src/tools/schedule-callback.ts';
import { ToolInputError } from '../../../src/tools/tool.ts';
import { someAgent, toolContext } from '../../support/tool-context.ts';

const signal = new AbortController().signal;
const openAgent = someAgent({ callbackPolicy: { ...defaultCallbackPolicy, allowOtherNumbers: true } });

test('a delay is booked, and the answer carries the sentence to read back', async () => {
  const { context, wishes } = toolContext();
  const input = tool.parse({ in_minutes: 30, reason: 'the invoice' }, context);
  await expect(tool.run(input, context, { signal })).resolves.toEqual({
    ok: true,
    callback_id: 'cb-1',
    local_time: '2026-11-24T10:30:00',
    time_zone: 'America/New_York',
    say: "I'll call you back in 30 minutes, at 10:30 AM.",
  });
  expect(wishes).toEqual([{ wish: { inMinutes: 30 }, reason: 'the invoice', confirmOutsideHours: false }]);
});

test('day, time, zone, name and the confirmation are passed on as they were said', () => {
  const { context } = toolContext();
  const args = {
    day: 'tomorrow',
    time: '16:00',
    time_zone: 'America/Los_Angeles',
    reason: 'the invoice',
    caller_name: 'Anna',
    confirm_outside_hours: true,
  };
  expect(tool.parse(args, context)).toEqual({
    wish: { day: 'tomorrow', time: '16:00', timeZone: 'America/Los_Angeles' },
    reason: 'the invoice',
    callerName: 'Anna',
    confirmOutsideHours: true,
  });
});

test('a refusal reaches the model as it is', async () => {
  const refusal = { ok: false, error: 'That is too late.', suggestion: '2026-11-25T08:00' } as const;
  const { context } = toolContext({ answer: () => refusal });
  const input = tool.parse({ day: 'today', time: '23:00', reason: 'x' }, context);
  await expect(tool.run(input, context, { signal })).resolves.toEqual(refusal);
});

test('a fault of ours is thrown, not dressed up as an answer', async () => {
  const { context } = toolContext({
    answer: () => {
      throw new Error('the database is away');
    },
  });
  await expect(tool.run(tool.parse({ in_minutes: 1, reason: 'x' }, context), context, { signal })).rejects.toThrow(
    'away',
  );
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['text', 'in ten minutes'],
  ['a list', [{ in_minutes: 10 }]],
  ['no reason', { in_minutes: 10 }],
  ['an empty reason', { in_minutes: 10, reason: '  ' }],
  ['a reason that is no text', { in_minutes: 10, reason: { about: 'x' } }],
  ['minutes in words', { in_minutes: 'ten', reason: 'x' }],
  ['minutes that are no number', { in_minutes: true, reason: 'x' }],
  ['infinite minutes', { in_minutes: Number.POSITIVE_INFINITY, reason: 'x' }],
  ['a day that is a number', { day: 3, time: '10:00', reason: 'x' }],
  ['a time that is a number', { time: 1600, reason: 'x' }],
  ['a time as long as a novel', { time: '1'.repeat(5000), reason: 'x' }],
  ['a zone that is a list', { time: '10:00', time_zone: ['UTC'], reason: 'x' }],
  ['a confirmation in words', { in_minutes: 1, reason: 'x', confirm_outside_hours: 'maybe' }],
  ['a name that is a number', { in_minutes: 1, reason: 'x', caller_name: 7 }],
])('%s gets a sentence that the model can act on', (_what, input) => {
  const { context } = toolContext();
  expect(() => tool.parse(input, context)).toThrow(ToolInputError);
});

test('numbers and truths in quotes, and empty arguments, are taken for what they plainly mean', () => {
  const { context } = toolContext();
  const args = { in_minutes: '1.5', day: null, time: '', reason: 'x', confirm_outside_hours: 'false' };
  expect(tool.parse(args, context)).toEqual({
    wish: { inMinutes: 1.5 },
    reason: 'x',
    confirmOutsideHours: false,
  });
});

test('long reasons and names are cut, and line breaks leave them', () => {
  const { context } = toolContext();
  const parsed = tool.parse(
    { in_minutes: 1, reason: `a\nb\u2028${'x'.repeat(900)}`, caller_name: 'A'.repeat(200) },
    context,
  );
  expect(parsed.reason).toHaveLength(300);
  expect(parsed.reason.startsWith('a b x')).toBe(true);
  expect(parsed.callerName).toHaveLength(80);
});

test('another number is offered and taken only where the policy allows it', () => {
  const shut = toolContext();
  const open = toolContext({ agent: openAgent });
  expect(tool.parameters(shut.context)['properties']).not.toHaveProperty('phone_number');
  expect(tool.parameters(open.context)['properties']).toHaveProperty('phone_number');
  const args = { in_minutes: 1, reason: 'x', phone_number: '+44 20 7946-0000' };
  expect(() => tool.parse(args, shut.context)).toThrow(/only call them back on the number/);
  expect(tool.parse(args, open.context).phoneNumber).toBe('+442079460000');
  expect(() => tool.parse({ ...args, phone_number: '020 7946 0000' }, open.context)).toThrow(/country code/);
  // Their own number is no other number.
  expect(tool.parse({ ...args, phone_number: '+12125550123' }, shut.context)).not.toHaveProperty('phoneNumber');
});

test.each([
  [{ in_minutes: 10, time: '16:00', reason: 'x' }, /not both/],
  [{ time: '16:00Z', reason: 'x' }, /without Z or an offset/],
  [{ time: '16:00+02:00', reason: 'x' }, /without Z or an offset/],
  [{ reason: 'x' }, /Ask when/],
  [{ day: 'friday', reason: 'x' }, /Ask at what time/],
  [{ time: '16:00', time_zone: 'Mars/Olympus', reason: 'x' }, /not a time zone/],
])('%j is asked back, not guessed', (args, words) => {
  const { context } = toolContext();
  const resolved = resolveWish(tool.parse(args, context).wish, {
    now: Temporal.Instant.from('2026-11-24T12:00:00Z'),
    candidateZones: ['America/New_York'],
    agentZone: 'America/New_York',
    horizonDays: 30,
  });
  expect(resolved.ok ? 'taken' : resolved.error).toMatch(words);
});
