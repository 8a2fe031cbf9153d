import { fastify } from 'fastify';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { problems } from '../../../src/http/problem.ts';
import { logOptions } from '../../../src/log.ts';

test('a fault of ours stands in the log by its name and place, without a word of its message', async () => {
  const lines: string[] = [];
  const app = fastify();
  problems(app, { log: pino(logOptions('info', false), { write: (line) => void lines.push(line) }) });
  app.get('/', () => {
    throw new RangeError('the caller said something');
  });
  const response = await app.inject({ url: '/' });
  expect(response.statusCode).toBe(500);
  expect(response.json()).toMatchObject({ code: 'internal', detail: 'something went wrong on our side' });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('"fault":"RangeError"');
  expect(lines[0]).toContain('problem.test.ts');
  expect(lines[0]).not.toContain('the caller said');
  await app.close();
});
