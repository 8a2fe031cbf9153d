import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { openFolder } from '../../support/folder.ts';
import { until } from '../../support/until.ts';

vi.setConfig({ testTimeout: 90_000 });

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

test('who stops npm start stops the gateway with it', async () => {
  await using folder = await openFolder();
  const npm = spawn('npm', ['start'], {
    cwd: ROOT,
    env: { ...process.env, PORT: '0', DATA_DIR: folder.path, DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own, so that nothing of it is left where this fails.
    detached: true,
  });
  let output = '';
  const listens = Promise.withResolvers<void>();
  npm.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    if (output.includes('the gateway listens')) listens.resolve();
  });
  // The pipe closes when the last process that holds it has ended: the gateway.
  const closed = once(npm, 'close');
  try {
    await until('the gateway to listen', listens.promise, 60_000);
    npm.kill('SIGTERM');
    await until('the end of all that npm started', closed, 15_000);
    expect(npm.signalCode ?? npm.exitCode).toBe('SIGTERM');
  } finally {
    try {
      process.kill(-(npm.pid ?? 0), 'SIGKILL');
    } catch {
      // All of it has ended, as it should.
    }
  }
});
