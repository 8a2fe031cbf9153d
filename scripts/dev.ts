import { spawn } from 'node:child_process';
import { systemClock } from '../src/clock.ts';
import { stopWithNpm } from './stop-with-npm.ts';

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
const npm = stopWithNpm(systemClock);
child.on('exit', (code) => {
  npm[Symbol.dispose]();
  process.exitCode = code ?? 1;
});
