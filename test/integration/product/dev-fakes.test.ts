import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { openFolder } from '../../support/folder.ts';
import { until } from '../../support/until.ts';

/* What a newcomer types to see the telephone path, from the command to its end. */
test('the story over fakes of every vendor plays from the call to the callback that remembers it', async () => {
  await using folder = await openFolder();
  await using database = await createTestDatabase();
  const child = spawn(process.execPath, ['scripts/run.js', 'dev-fakes', '--story'], {
    env: { PATH: process.env['PATH'], PORT: '0', DATABASE_URL: database.url, DATA_DIR: folder.path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  try {
    await until('the end of the story', once(child, 'exit'), 100_000).catch((error: unknown) => {
      throw new Error(`so far: ${output}`, { cause: error });
    });
  } finally {
    child.kill('SIGTERM');
  }
  expect(child.exitCode).toBe(0);
  const lines = output.split('\n');
  const at = (words: string): number => lines.findIndex((line) => line.includes(words));
  const order = [
    'you phone +13105550142',
    'you  please call me back in 10 seconds',
    "agent  I'll call you back in 10 seconds",
    'the call is over',
    'the telephone rings: +13105550142 calls',
    'you pick up',
  ].map(at);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(order[0]).toBeGreaterThan(0);
  const callback = lines.slice(at('you pick up')).join('\n');
  expect(callback).toMatch(/agent {2}.*You had said: please call me back in 10 seconds/);
  // What is spoken in advance for a bad moment was not said.
  expect(output).not.toContain('something went wrong on my side');
}, 120_000);
