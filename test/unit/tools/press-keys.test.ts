import { expect, test } from 'vitest';
import pressKeys from '../../../src/tools/press-keys.ts';
import { toolContext } from '../../support/tool-context.ts';

const { signal } = new AbortController();

test.each([
  [{ keys: '1' }, '1'],
  [{ keys: 12 }, '12'],
  [{ keys: '0800 123-45#' }, '080012345#'],
  [{ keys: ',,4471#' }, ',,4471#'],
])('%j presses %s', async (input, keys) => {
  const { context, pressed } = toolContext();
  expect(await pressKeys.run(pressKeys.parse(input, context), context, { signal })).toEqual({ ok: true });
  expect(pressed).toEqual([keys]);
});

test.each([
  {},
  { keys: '' },
  { keys: ',' },
  { keys: 'one' },
  { keys: '1'.repeat(41) },
  { keys: ',,,,,,1' },
  { keys: -1 },
])('%j is refused with what it wants instead', (input) => {
  expect(() => pressKeys.parse(input, toolContext().context)).toThrow(/keys/);
});

test('keys of an answer that was cut are not pressed, and the model is told', async () => {
  const { context } = toolContext();
  const late = { ...context, pressKeys: () => false };
  expect(await pressKeys.run({ keys: '1' }, late, { signal })).toMatchObject({ ok: false });
});
