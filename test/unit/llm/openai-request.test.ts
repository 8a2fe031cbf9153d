import { describe, expect, test } from 'vitest';
import type { LlmMessage, LlmRequest } from '../../../src/llm/llm.ts';
import { refusedFields, requestBody, type OptionalField } from '../../../src/llm/openai/request.ts';

const tool = { name: 'end_call', description: 'Hang up.', parameters: { type: 'object', properties: {} } };
const request: LlmRequest = { model: null, messages: [{ role: 'user', text: 'Hi' }], tools: [tool], callId: 'call-1' };
const own = { isOpenAi: true, model: 'gpt-6-luna' };
const other = { isOpenAi: false, model: 'qwen3' };

function messages(list: readonly LlmMessage[], endpoint = own): unknown {
  return requestBody({ ...request, messages: list }, endpoint, new Set()).messages;
}

describe('fields', () => {
  test('OpenAI is asked for a quick, short answer that is cached by the call', () => {
    expect(requestBody(request, own, new Set())).toEqual({
      model: 'gpt-6-luna',
      messages: [{ role: 'user', content: 'Hi' }],
      tools: [{ type: 'function', function: tool }],
      parallel_tool_calls: false,
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
      reasoning_effort: 'none',
      verbosity: 'low',
      max_completion_tokens: 800,
      prompt_cache_key: 'call-1',
    });
  });

  test('other servers get only what nearly all of them know', () => {
    expect(requestBody(request, other, new Set())).toEqual({
      model: 'qwen3',
      messages: [{ role: 'user', content: 'Hi' }],
      tools: [{ type: 'function', function: tool }],
      stream: true,
      reasoning_effort: 'none',
      max_tokens: 800,
    });
  });

  test('without tools nothing speaks of tools', () => {
    const body = requestBody({ ...request, tools: [] }, own, new Set());
    expect(body).not.toHaveProperty('tools');
    expect(body).not.toHaveProperty('parallel_tool_calls');
  });

  test('an agent that names a model gets that one', () => {
    expect(requestBody({ ...request, model: 'gpt-4.1-mini' }, own, new Set()).model).toBe('gpt-4.1-mini');
  });

  test('what was refused is left out', () => {
    const body = requestBody(request, own, new Set<OptionalField>(['verbosity', 'reasoning_effort']));
    expect(body).not.toHaveProperty('verbosity');
    expect(body).not.toHaveProperty('reasoning_effort');
  });

  test.each([
    ['by its param', { status: 400, param: 'reasoning_effort', words: '' }, ['reasoning_effort']],
    ['by a param with a dot', { status: 400, param: 'reasoning.effort', words: '' }, ['reasoning_effort']],
    ['by its words', { status: 422, param: '', words: "[{'loc': ('body', 'verbosity')}]" }, ['verbosity']],
    ['nothing, when it is about something else', { status: 400, param: 'messages', words: 'too long' }, []],
    ['nothing, when it is no such refusal', { status: 500, param: 'verbosity', words: '' }, []],
    ['nothing, when the field was not sent', { status: 400, param: 'max_tokens', words: '' }, []],
  ])('a refusal names %s', (_, refusal, fields) => {
    expect(refusedFields(requestBody(request, own, new Set()), refusal)).toEqual(fields);
  });
});

describe('messages', () => {
  const called: LlmMessage = {
    role: 'assistant',
    text: 'One moment.',
    toolCalls: [{ id: 'a:1', name: 'end_call', arguments: '{"a":1}' }],
  };
  const result: LlmMessage = { role: 'tool', toolCallId: 'a:1', name: 'end_call', result: '{"ok":true}' };

  test('a tool call stands with its result, under ids that every server takes', () => {
    expect(messages([called, result])).toEqual([
      {
        role: 'assistant',
        content: 'One moment.',
        tool_calls: [{ id: 'call00000', type: 'function', function: { name: 'end_call', arguments: '{"a":1}' } }],
      },
      { role: 'tool', tool_call_id: 'call00000', content: '{"ok":true}' },
    ]);
  });

  test('a call without a result and a result without a call are left out, because either stops the whole conversation', () => {
    expect(messages([called, { role: 'user', text: 'Hello?' }])).toEqual([
      { role: 'assistant', content: 'One moment.' },
      { role: 'user', content: 'Hello?' },
    ]);
    expect(messages([result, { role: 'user', text: 'Hello?' }])).toEqual([{ role: 'user', content: 'Hello?' }]);
    expect(
      messages([
        { ...called, text: '' },
        { role: 'user', text: 'Hello?' },
      ]),
    ).toEqual([{ role: 'user', content: 'Hello?' }]);
    expect(messages([called, result, result])).toHaveLength(2);
  });

  test.each(['{"a":', '', '[1]', '"x"', 'null'])(
    'arguments that are no object (%s) are sent as an empty one',
    (text) => {
      expect(
        messages([
          { role: 'assistant', text: '', toolCalls: [{ id: 'a:1', name: 'a tool!', arguments: text }] },
          result,
        ]),
      ).toMatchObject([{ content: null, tool_calls: [{ function: { name: 'a_tool_', arguments: '{}' } }] }, {}]);
    },
  );

  test('an empty answer is left out, and half a character is mended', () => {
    expect(
      messages([
        { role: 'assistant', text: '' },
        { role: 'user', text: 'a\uD83D' },
      ]),
    ).toEqual([{ role: 'user', content: 'a\uFFFD' }]);
  });

  const instructed: LlmMessage[] = [
    { role: 'system', text: 'You are Ada.' },
    { role: 'system', text: 'Earlier they called.' },
    { role: 'user', text: 'Hi' },
    { role: 'assistant', text: 'Hello' },
    { role: 'assistant', text: '', toolCalls: [{ id: 'a:1', name: 'end_call', arguments: '{}' }] },
    result,
    { role: 'system', text: 'Now greet them.' },
    { role: 'user', text: 'Yes?' },
  ];

  test('OpenAI gets instructions where they stand', () => {
    expect((messages(instructed) as { role: string }[]).map(({ role }) => role)).toEqual([
      'system',
      'system',
      'user',
      'assistant',
      'assistant',
      'tool',
      'system',
      'user',
    ]);
  });

  test('other servers get one system message and roles in turn, as the templates of local models want them', () => {
    expect(messages(instructed, other)).toMatchObject([
      { role: 'system', content: 'You are Ada.\n\nEarlier they called.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello', tool_calls: [{}] },
      { role: 'tool' },
      { role: 'user', content: '(A note to you, which nobody said: Now greet them.)\nYes?' },
    ]);
  });
});
