import { expect, test } from 'vitest';
import { ToolInputError } from '../../../src/tools/tool.ts';
import endCall from '../../../src/tools/end-call.ts';
import { toolContext } from '../../support/tool-context.ts';

test('a goodbye ends the call, once per call of the tool', async () => {
  const { context, ended } = toolContext();
  await expect(endCall.run({}, context, { signal: new AbortController().signal })).resolves.toEqual({ ok: true });
  expect(ended()).toBe(1);
});

test('whatever a model sends along, it can still hang up', () => {
  const { context } = toolContext();
  for (const nonsense of [null, undefined, 'bye', 7, [], { reason: 'done' }])
    expect(() => endCall.parse(nonsense, context)).not.toThrow(ToolInputError);
});
