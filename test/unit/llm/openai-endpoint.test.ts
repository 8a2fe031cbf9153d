import { expect, test } from 'vitest';
import { readConfig, fragmentOf } from '../../../src/config.ts';
import { RingbackError } from '../../../src/errors.ts';
import openai from '../../../src/llm/openai/index.ts';
import { endpointOf } from '../../../src/llm/openai/endpoint.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { SimClock } from '../../support/sim-clock.ts';

const context = { clock: new SimClock(), log: quietLog(), random: () => 0.5, publicUrl: 'http://127.0.0.1:8080' };

function endpoint(environment: Record<string, string>): ReturnType<typeof endpointOf> {
  return endpointOf(fragmentOf(readConfig(environment, [openai.env]), openai.env));
}

function fault(environment: Record<string, string>): string {
  try {
    endpoint(environment);
  } catch (error) {
    if (error instanceof RingbackError && error.code === 'config_invalid') return error.message;
    throw error;
  }
  return '';
}

test('without settings it is not there, and a model alone leads nowhere', async () => {
  expect(await openai.open({}, context)).toBeUndefined();
  expect(endpoint({})).toBeUndefined();
  expect(endpoint({ OPENAI_MODEL: 'qwen3' })).toBeUndefined();
});

test('a key alone means OpenAI and its default model', () => {
  expect(endpoint({ OPENAI_API_KEY: 'sk-x' })).toEqual({
    apiKey: 'sk-x',
    baseUrl: 'https://api.openai.com/v1',
    model: 'gpt-6-luna',
    isOpenAi: true,
  });
});

test('a base URL switches it on without a key', () => {
  expect(endpoint({ OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1/', OPENAI_MODEL: 'qwen3' })).toEqual({
    apiKey: null,
    baseUrl: 'http://127.0.0.1:11434/v1',
    model: 'qwen3',
    isOpenAi: false,
  });
});

test.each([
  ['https://api.openai.com/v1', true],
  ['https://eu.api.openai.com/v1', true],
  ['https://api.openai.com.evil.example/v1', false],
  ['https://notapi.openai.com/v1', false],
  ['http://127.0.0.1:8000/v1', false],
])("%s is OpenAI's own: %s", (url, isOpenAi) => {
  expect(endpoint({ OPENAI_BASE_URL: url, OPENAI_API_KEY: 'k', OPENAI_MODEL: 'm' })?.isOpenAi).toBe(isOpenAi);
});

test.each([
  ["another server's model must be named", { OPENAI_BASE_URL: 'http://127.0.0.1:8000/v1' }, 'OPENAI_MODEL'],
  [
    'so it must with a key',
    { OPENAI_BASE_URL: 'http://127.0.0.1:8000/v1', OPENAI_API_KEY: 'sk-secret' },
    'OPENAI_MODEL',
  ],
  ['OpenAI needs a key', { OPENAI_BASE_URL: 'https://api.openai.com/v1' }, 'OPENAI_API_KEY'],
  ['a key has no spaces', { OPENAI_API_KEY: 'sk-secret \n' }, 'OPENAI_API_KEY'],
  ['a base URL is one', { OPENAI_BASE_URL: 'localhost:8000', OPENAI_MODEL: 'm' }, 'OPENAI_BASE_URL'],
])('%s: the start stops with one line that says so', (_, environment, variable) => {
  const line = fault(environment);
  expect(line).toMatch(new RegExp(`^${variable}: got .+, wants .+`));
  expect(line.split('\n')).toHaveLength(1);
  expect(line).not.toContain('sk-secret');
});
