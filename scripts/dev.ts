import { spawn } from 'node:child_process';

/* npm run dev: the same as start, started again when a source of the server changes. */

const child = spawn(
  process.execPath,
  [
    '--watch',
    '--watch-preserve-output',
    '--watch-path=src',
    '--watch-path=media',
    '--watch-path=db',
    'scripts/start.ts',
  ],
  { stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => (process.exitCode = code ?? 1));
