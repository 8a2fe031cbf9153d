import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs `npm run link` with nothing but these settings, to its end. What it prints for a person is `out`. */
export async function askForLink(
  environment: Readonly<Record<string, string>>,
): Promise<{ code: number | null; out: string; errors: string }> {
  const child = spawn(process.execPath, ['scripts/link.ts'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const told = { out: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (told.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told.errors += text));
  await until('the end of the command', once(child, 'close'), 60_000).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return { code: child.exitCode, ...told };
}
