import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { discoverAdapters } from '../../src/adapters.ts';
import { defaultCallbackPolicy } from '../../src/domain/agent.ts';
import { ToolInputError, type Tool, type ToolContext } from '../../src/tools/tool.ts';
import { someAgent, toolContext } from '../support/tool-context.ts';

const { tools } = await discoverAdapters();
const open = someAgent({ callbackPolicy: { ...defaultCallbackPolicy, allowOtherNumbers: true } });
const contexts = [toolContext(), toolContext({ agent: open }), toolContext({ person: null })].map(
  ({ context }) => context,
);
const signal = new AbortController().signal;

const nonsense: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['a number', 7],
  ['text', 'please'],
  ['a list', [1, 2]],
  ['an empty object', {}],
  ['unknown arguments', { nonsense: true }],
  [
    'arguments of the wrong types',
    { in_minutes: {}, day: [], time: 7, reason: false, callback_id: {}, phone_number: 1 },
  ],
  ['an object without a prototype', Object.create(null)],
  ['a polluted prototype', JSON.parse('{"__proto__":{"reason":"x"},"constructor":1}')],
  ['very long text', { reason: 'x'.repeat(1_000_000), time: 'x'.repeat(1_000_000), in_minutes: 'x'.repeat(1_000_000) }],
  ['numbers beyond measure', { in_minutes: Number.MAX_VALUE, reason: 'x' }],
];

test('there are tools, each with a name, a switch and a title of its own', () => {
  expect(tools).not.toEqual([]);
  for (const key of ['name', 'setting', 'title'] as const)
    expect(new Set(tools.map((tool) => tool[key])).size).toBe(tools.length);
});

describe.each(tools.map((tool) => ({ name: tool.name, tool })))('$name', ({ tool }) => {
  test('the operator and the model are told what it is', () => {
    expect(tool.name).toMatch(/^[a-z][a-z0-9_]{0,63}$/);
    expect(tool.setting).toMatch(/^[a-z][a-zA-Z0-9]*$/);
    expect(tool.setting.toLowerCase()).toBe(tool.name.replaceAll('_', ''));
    for (const words of [tool.title, tool.summary, tool.description]) expect(words.trim()).not.toBe('');
    expect(tool.title).toMatch(/^[A-Z]/);
  });

  test.each(contexts.map((context, index) => [index, context] as const))(
    'its arguments are a JSON Schema of an object that says what it requires (call %i)',
    (_index, context) => {
      const schema = tool.parameters(context);
      expect(schema['type']).toBe('object');
      // Throws on anything that is no JSON Schema it knows.
      expect(() => z.fromJSONSchema(schema)).not.toThrow();
      expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
      const properties = Object.keys(z.record(z.string(), z.unknown()).parse(schema['properties'] ?? {}));
      for (const required of z.array(z.string()).parse(schema['required'] ?? []))
        expect(properties).toContain(required);
    },
  );

  test.each(nonsense)('%s: taken, or refused with a sentence for the model', (_what, input) => {
    for (const context of contexts) {
      try {
        tool.parse(input, context);
      } catch (error) {
        expect(error).toBeInstanceOf(ToolInputError);
        expect(error instanceof Error ? error.message : '').toMatch(/^[^\n]{10,400}[.!?]$/);
      }
    }
  });

  test('what it answers is plain JSON with ok', async (run) => {
    const { context } = toolContext();
    const input = parsed(tool, context);
    if (input === undefined) return run.skip('its arguments cannot be made up from its schema');
    const result = await tool.run(input.value, context, { signal });
    expect(typeof result.ok).toBe('boolean');
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });
});

/** Arguments made up from the schema, as a tool reads them; undefined where it wants more than a schema says. */
function parsed(tool: Tool, context: ToolContext): { value: unknown } | undefined {
  const { properties = {}, required = [] } = schemaOf.parse(tool.parameters(context));
  const examples = { number: 1, integer: 1, boolean: true, string: 'monday', array: [], object: {} };
  const args = required.map((name) => [
    name,
    properties[name]?.examples?.[0] ?? properties[name]?.enum?.[0] ?? examples[properties[name]?.type ?? 'string'],
  ]);
  try {
    return { value: tool.parse(Object.fromEntries(args), context) };
  } catch (error) {
    expect(error).toBeInstanceOf(ToolInputError);
    return undefined;
  }
}

const schemaOf = z.object({
  required: z.array(z.string()).optional(),
  properties: z
    .record(
      z.string(),
      z.object({
        type: z.enum(['number', 'integer', 'boolean', 'string', 'array', 'object']).optional(),
        enum: z.array(z.unknown()).optional(),
        examples: z.array(z.unknown()).optional(),
      }),
    )
    .optional(),
});
