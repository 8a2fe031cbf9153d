import cluster from 'node:cluster';
import { fromSibling } from './messages.ts';
import type { Sibling, SiblingEvents } from './supervisor.ts';

/**
 * Starts the program of this process once more, as one that shares its port: this process accepts the connections and
 * hands them out in turn, and sees nothing of what is on them.
 */
export function startSibling(events: SiblingEvents): Sibling {
  const worker = cluster.fork();
  let isOver = false;
  const over = (code: number | null, signal: string | null): void => {
    if (isOver) return;
    isOver = true;
    events.onExit(code, signal);
  };
  worker.on('message', (raw: unknown) => {
    const message = fromSibling.safeParse(raw);
    if (message.success && !isOver) events.onMessage(message.data);
  });
  worker.on('exit', over);
  // One that could not be started has no exit.
  worker.on('error', () => worker.process.pid === undefined && over(null, null));
  return {
    pid: worker.process.pid ?? 0,
    send(message) {
      // Whatever becomes of it: an end comes as an exit.
      if (worker.isConnected()) worker.process.send(message, undefined, undefined, () => undefined);
    },
    kill: () => void worker.process.kill('SIGKILL'),
  };
}
