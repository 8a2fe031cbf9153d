import { describe, expect, test } from 'vitest';
import { AnswerReader, LONGEST_TEXT } from '../../../src/llm/openai/answer-reader.ts';
import { LONGEST_ARGUMENTS, MOST_TOOL_CALLS, TOO_MANY_TOOL_CALLS } from '../../../src/llm/openai/tool-calls.ts';
import type { LlmEvent } from '../../../src/llm/llm.ts';

interface Read {
  readonly texts: readonly string[];
  readonly end: readonly LlmEvent[];
}

function read(chunks: readonly unknown[]): Read {
  const reader = new AnswerReader(() => 0.5);
  const texts: string[] = [];
  for (const chunk of chunks) {
    if (reader.isFull) break;
    texts.push(reader.read(chunk));
  }
  return { texts, end: reader.end() };
}

const delta = (fields: object, finish: string | null = null): object => ({
  choices: [{ index: 0, delta: fields, finish_reason: finish }],
});
const finish = (reason: string): object => delta({}, reason);
const call = (fields: object): object => delta({ tool_calls: [fields] });
const calls = (chunks: readonly object[], reason = 'tool_calls'): object[] =>
  read([...chunks, finish(reason)]).end.flatMap((event) => (event.type === 'tool_call' ? [event.call] : []));
const reasonOf = (chunks: readonly unknown[]): unknown => read(chunks).end.at(-1);

describe('text', () => {
  test('each piece can be spoken with the chunk that brought it', () => {
    expect(
      read([
        delta({ role: 'assistant', content: '' }),
        delta({ content: 'Of' }),
        delta({ content: ' course.' }),
        finish('stop'),
      ]),
    ).toEqual({
      texts: ['', 'Of', ' course.', ''],
      end: [{ type: 'finish', reason: 'stop' }],
    });
  });

  test('what a model thinks aloud is not spoken, wherever its tags are cut', () => {
    const answer = '<think>They want < 5 minutes</think>\n\nIn 3 < 5 minutes.';
    for (let size = 1; size <= answer.length; size += 1) {
      const pieces = answer.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const { texts, end } = read([...pieces.map((content) => delta({ content })), finish('stop')]);
      expect([...texts, ...end.map((event) => (event.type === 'text' ? event.text : ''))].join('')).toBe(
        'In 3 < 5 minutes.',
      );
    }
  });

  test('a bracket that begins no tag is not held back, and one at the very end is not lost', () => {
    expect(read([delta({ content: '2 <3' }), delta({ content: ' <' }), finish('stop')])).toEqual({
      texts: ['2 <3', ' ', ''],
      end: [
        { type: 'text', text: '<' },
        { type: 'finish', reason: 'stop' },
      ],
    });
  });

  test('reasoning beside the content is not spoken', () => {
    expect(
      read([
        delta({ reasoning_content: 'hm' }),
        delta({ reasoning: 'hm' }),
        delta({ content: 'Yes.' }),
        finish('stop'),
      ]).texts.join(''),
    ).toBe('Yes.');
  });

  test('content in parts is read by its text alone', () => {
    const content = [{ type: 'thinking', thinking: 'hm' }, { type: 'text', text: 'Yes.' }, 5, null];
    expect(read([delta({ content }), finish('stop')]).texts.join('')).toBe('Yes.');
  });

  test('a model that never stops is cut', () => {
    const reader = new AnswerReader(() => 0.5);
    let length = 0;
    for (let count = 0; count < 10_000 && !reader.isFull; count += 1)
      length += reader.read(delta({ content: 'and so on ' })).length;
    expect(reader.isFull).toBe(true);
    expect(length).toBe(LONGEST_TEXT);
    expect(reader.end()).toEqual([{ type: 'finish', reason: 'length' }]);
  });
});

describe('the finish', () => {
  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'filtered'],
    ['eos', 'stop'],
  ])('%s is %s', (reason, expected) => {
    expect(reasonOf([delta({ content: 'a' }), finish(reason)])).toEqual({ type: 'finish', reason: expected });
  });

  test('a refusal is filtered, and its words are not spoken', () => {
    expect(read([delta({ refusal: 'I cannot' }), finish('stop')])).toEqual({
      texts: ['', ''],
      end: [{ type: 'finish', reason: 'filtered' }],
    });
  });

  test('an answer that ends before it is finished is no answer', () => {
    expect(() => read([delta({ content: 'I will' })])).toThrow('ended before it was finished');
    expect(() => read([])).toThrow('ended before it was finished');
    expect(() => read([finish('error')])).toThrow('broke off');
  });

  test.each([[5], [null], ['text'], [[]], [{ object: 'error', message: 'secret' }]])('%j is no chunk', (chunk) => {
    expect(() => read([chunk])).toThrow('the language model failed: it sent nonsense');
  });

  test.each([
    [{}],
    [{ choices: null }],
    [{ choices: [] }],
    [{ choices: [null] }],
    [{ choices: [{ delta: null }] }],
    [delta({ content: 5, tool_calls: [7, null] })],
  ])('%j says nothing and harms nothing', (chunk) => {
    expect(read([chunk, delta({ content: 'Yes.' }), finish('stop')]).texts.join('')).toBe('Yes.');
  });

  test('counts come in a chunk of their own, and what follows the finish is not said', () => {
    const reader = new AnswerReader(() => 0.5);
    for (const chunk of [
      finish('stop'),
      delta({ content: 'again' }, 'stop'),
      { choices: [], usage: { prompt_tokens: 9, completion_tokens: 2 } },
    ])
      expect(reader.read(chunk)).toBe('');
    expect(reader.usage).toEqual({ inputTokens: 9, cachedTokens: 0, outputTokens: 2 });
    expect(reader.end()).toEqual([{ type: 'finish', reason: 'stop' }]);
  });
});

describe('tool calls', () => {
  test('grow from pieces by their index, in turn or mixed', () => {
    expect(
      calls([
        call({ index: 0, id: 'a', type: 'function', function: { name: 'book', arguments: '' } }),
        call({ index: 1, id: 'b', type: 'function', function: { name: 'move', arguments: '{"x' } }),
        call({ index: 0, function: { arguments: '{"in_min' } }),
        call({ index: 1, function: { arguments: '":1}' } }),
        call({ index: 0, function: { arguments: 'utes":30}' } }),
      ]),
    ).toEqual([
      { id: 'a', name: 'book', arguments: '{"in_minutes":30}' },
      { id: 'b', name: 'move', arguments: '{"x":1}' },
    ]);
  });

  test('words and a call in one answer both count', () => {
    const { texts, end } = read([
      delta({ content: 'One moment.' }),
      call({ index: 0, id: 'a', function: { name: 'book', arguments: '{}' } }),
      finish('tool_calls'),
    ]);
    expect(texts.join('')).toBe('One moment.');
    expect(end.map(({ type }) => type)).toEqual(['tool_call', 'finish']);
  });

  test.each([
    [
      'the index is missing, ids are there',
      [
        { id: 'a', function: { name: 'x', arguments: '{"n"' } },
        { id: 'a', function: { arguments: ':1}' } },
        { id: 'b', function: { name: 'y', arguments: '{}' } },
      ],
    ],
    [
      'index and ids are missing',
      [{ function: { name: 'x', arguments: '{"n":1}' } }, { function: { name: 'y', arguments: '{}' } }],
    ],
    [
      'index and ids are missing, and arguments come in pieces',
      [
        { function: { name: 'x', arguments: '' } },
        { function: { arguments: '{"n"' } },
        { function: { arguments: ':1}' } },
        { function: { name: 'y', arguments: {} } },
      ],
    ],
    [
      'every call has index 0, ids differ',
      [
        { index: 0, id: 'a', function: { name: 'x', arguments: '{"n":1}' } },
        { index: 0, id: 'b', function: { name: 'y', arguments: '{}' } },
      ],
    ],
    [
      'every call has index 0 and no id',
      [
        { index: 0, function: { name: 'x', arguments: '{"n":1}' } },
        { index: 0, function: { name: 'y', arguments: '{}' } },
      ],
    ],
    [
      'the same id for both',
      [
        { index: 0, id: 'a', function: { name: 'x', arguments: '{"n":1}' } },
        { index: 1, id: 'a', function: { name: 'y', arguments: '{}' } },
      ],
    ],
    [
      'empty names and ids in later pieces',
      [
        { index: 0, id: 'a', function: { name: 'x' } },
        { index: 0, id: '', function: { name: '', arguments: '{"n":1}' } },
        { index: 1, id: 'b', function: { name: 'y', arguments: null } },
      ],
    ],
    [
      'name and id again with every piece',
      [
        { index: 0, id: 'a', function: { name: 'x', arguments: '{"n"' } },
        { index: 0, id: 'a', function: { name: 'x', arguments: ':1}' } },
        { index: 1, id: 'b', function: { name: 'y' } },
      ],
    ],
    [
      'the name again without an id',
      [
        { index: 0, function: { name: 'x', arguments: '{"n"' } },
        { index: 0, function: { name: 'x', arguments: ':1}' } },
        { index: 1, function: { name: 'y' } },
      ],
    ],
    [
      'arguments as an object',
      [
        { index: 0, id: 'a', function: { name: 'x', arguments: { n: 1 } } },
        { index: 1, id: 'b', function: { name: 'y', arguments: {} } },
      ],
    ],
  ])('are told apart where %s', (_, pieces) => {
    const made = calls(pieces.map(call)) as { id: string; name: string; arguments: string }[];
    expect(made.map(({ name, arguments: text }) => [name, JSON.parse(text) as unknown])).toEqual([
      ['x', { n: 1 }],
      ['y', {}],
    ]);
    expect(new Set(made.map(({ id }) => id)).size).toBe(2);
    expect(made.every(({ id }) => id !== '')).toBe(true);
  });

  test('count though the server says stop', () => {
    expect(calls([call({ index: 0, id: 'a', function: { name: 'book', arguments: '{}' } })], 'stop')).toHaveLength(1);
  });

  test.each(['length', 'content_filter'])('of an answer that was cut (%s) are never run', (reason) => {
    expect(
      calls([call({ index: 0, id: 'a', function: { name: 'book', arguments: '{"in_minutes":3' } })], reason),
    ).toEqual([]);
  });

  test('broken arguments are handed on for the tool to answer', () => {
    expect(calls([call({ index: 0, id: 'a', function: { name: 'book', arguments: '{"in_minutes":' } })])).toEqual([
      { id: 'a', name: 'book', arguments: '{"in_minutes":' },
    ]);
  });

  test('one without a name is an error, not a silence', () => {
    expect(() => calls([call({ index: 0, id: 'a', function: { arguments: '{}' } })])).toThrow('a tool without a name');
  });

  test('more than one answer may hold are left out, also where their pieces do not say whose they are', () => {
    const many = Array.from({ length: MOST_TOOL_CALLS + 4 }, (_, index) => [
      call({ ...(index > 17 ? {} : { index }), id: `c${index}`, function: { name: 'book', arguments: '{"a":' } }),
      call({ ...(index > 17 ? {} : { index }), function: { arguments: `${index}}` } }),
    ]).flat();
    expect(calls(many).map((one) => 'arguments' in one && one.arguments)).toEqual(
      Array.from({ length: MOST_TOOL_CALLS }, (_, index) => `{"a":${index}}`),
    );
  });

  test('calls, or arguments, without an end cut the answer, and none is run', () => {
    const many = Array.from({ length: MOST_TOOL_CALLS + TOO_MANY_TOOL_CALLS + 1 }, (_, index) =>
      call({ index, id: `c${index}`, function: { name: 'book', arguments: '{}' } }),
    );
    expect(read(many).end).toEqual([{ type: 'finish', reason: 'length' }]);
    const long = [
      call({ index: 0, id: 'a', function: { name: 'book', arguments: '{"reason":"' } }),
      call({ index: 0, function: { arguments: 'a'.repeat(LONGEST_ARGUMENTS) } }),
    ];
    expect(read(long).end).toEqual([{ type: 'finish', reason: 'length' }]);
  });
});
