import { expect, test } from 'vitest';
import cancel from '../../../src/tools/cancel-callback.ts';
import doNotCall from '../../../src/tools/do-not-call.ts';
import reschedule from '../../../src/tools/reschedule-callback.ts';
import { ToolInputError, type Tool } from '../../../src/tools/tool.ts';
import { toolContext } from '../../support/tool-context.ts';

const signal = new AbortController().signal;

function run<Input>(tool: Tool<Input>, args: unknown, world = toolContext()) {
  return tool.run(tool.parse(args, world.context), world.context, { signal });
}

test('a move passes on what was said, and carries the sentence to read back', async () => {
  const world = toolContext();
  const answer = await run(reschedule, { day: 'tomorrow', time: '16:00', callback_id: 'cb-1' }, world);
  expect(answer).toMatchObject({ ok: true, callback_id: 'cb-1', time_zone: 'America/New_York' });
  expect(answer['say']).toMatch(/^I'll call you back/);
  expect(world.moves).toEqual([
    { wish: { day: 'tomorrow', time: '16:00' }, callbackId: 'cb-1', confirmOutsideHours: false },
  ]);
});

test.each([true, 'true'])('keep (%j) is passed on as such', async (keep) => {
  const world = toolContext();
  await run(reschedule, { keep, day: null, time: '' }, world);
  expect(world.moves).toEqual([{ wish: 'keep', confirmOutsideHours: false }]);
});

test.each([
  [{}, /Ask them for the new time/],
  [{ keep: false }, /send keep true/],
  [{ keep: true, in_minutes: 5 }, /not both/],
  [{ in_minutes: 'soon' }, /number of minutes/],
  [{ in_minutes: 5, callback_id: 7 }, /callback_id must be text/],
  [null, /one JSON object/],
])('a move with %j is asked back, and nothing moves', (args, words) => {
  const world = toolContext();
  expect(() => reschedule.parse(args, world.context)).toThrow(ToolInputError);
  expect(() => reschedule.parse(args, world.context)).toThrow(words);
  expect(world.moves).toEqual([]);
});

test('a refusal goes to the model as it is', async () => {
  const refusal = { ok: false, error: 'They have no call back open with you.' } as const;
  const world = toolContext({ answer: () => refusal, reply: () => refusal });
  for (const answer of [run(reschedule, { in_minutes: 5 }, world), run(cancel, {}, world), run(doNotCall, {}, world)])
    expect(await answer).toEqual(refusal);
});

test('a cancel means the one that they have, or the one that is named', async () => {
  const world = toolContext();
  expect(await run(cancel, {}, world)).toEqual({ ok: true, say: 'It is done.' });
  await run(cancel, { callback_id: 'cb-1' }, world);
  expect(world.asked).toEqual(['cancel', 'cancel cb-1']);
});

test('the wish for no more calls does not fail on what a model sends along', async () => {
  const world = toolContext();
  expect(await run(doNotCall, ['whatever'], world)).toEqual({ ok: true, say: 'It is done.' });
  expect(world.asked).toEqual(['do not call']);
});
