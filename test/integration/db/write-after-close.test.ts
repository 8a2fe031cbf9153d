import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { isLateWrite } from '../../../db/late-writes.ts';
import { createTestDatabase } from '../../support/database.ts';

const script = fileURLToPath(new URL('write-after-close.ts', import.meta.url));

async function run(url: string, fault = ''): Promise<{ code: number; stdout: string; stderr: string }> {
  const ran = promisify(execFile)(process.execPath, [script, url, fault], { timeout: 30_000 });
  return ran.then(
    (printed) => ({ code: 0, ...printed }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

test('a statement on a connection that the server has ended fails, and the process lives', async () => {
  await using database = await createTestDatabase();
  const { code, stdout } = await run(database.url);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'failed\nalive\n' });
});

test('any other error that nobody catches ends the process, and says what it was', async () => {
  await using database = await createTestDatabase();
  const { code, stdout, stderr } = await run(database.url, 'ours');
  expect(code).not.toBe(0);
  expect(stdout).toBe('failed\n');
  expect(stderr).toContain("reading 'write'");
  expect(stderr).toContain('write-after-close.ts');
});

test('an error that only looks like it is not let pass', () => {
  const like = new TypeError("Cannot read properties of null (reading 'write')");
  expect(isLateWrite(like)).toBe(false);
  expect(isLateWrite('reading write')).toBe(false);
});
