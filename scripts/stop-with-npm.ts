import type { MonotonicClock, Timer } from '../src/clock.ts';

const LOOK_EVERY_MS = 250;

/**
 * Sends this process a SIGTERM, once, when the shell that npm started it in is gone. npm passes a SIGTERM to that shell
 * alone, which dies of it without passing it on: whoever stops `npm start` (a supervisor, a container, `kill`) would
 * leave the gateway behind, on its port. Whoever opens it closes it.
 */
export function stopWithNpm(clock: MonotonicClock): Disposable {
  const shell = process.ppid;
  let timer: Timer = clock.setTimer(LOOK_EVERY_MS, look);
  function look(): void {
    if (process.ppid !== shell) process.kill(process.pid, 'SIGTERM');
    else timer = clock.setTimer(LOOK_EVERY_MS, look);
  }
  return { [Symbol.dispose]: () => timer.cancel() };
}
