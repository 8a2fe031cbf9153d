import cluster from 'node:cluster';
import type { SupervisorChannel } from './member.ts';
import { toSibling } from './messages.ts';

/**
 * The way to the supervisor that started this process; null in a process that nobody supervises. While it is open,
 * SIGTERM and SIGINT do nothing here: a terminal, or a service manager, sends them to all processes at once, and the
 * supervisor says what they mean. When the supervisor dies, so does this process.
 */
export function channelToSupervisor(): SupervisorChannel | null {
  const { worker } = cluster;
  if (worker === undefined) return null;
  const ignore = (): void => undefined;
  process.on('SIGTERM', ignore);
  process.on('SIGINT', ignore);
  return {
    send: (message) =>
      new Promise((resolve) => {
        // Whatever becomes of it: a supervisor that is gone ends this process.
        if (!worker.isConnected()) return resolve();
        worker.send(message, () => resolve());
      }),
    listen(hear) {
      process.on('message', (raw: unknown) => {
        const message = toSibling.safeParse(raw);
        if (message.success) hear(message.data);
      });
    },
    close() {
      process.off('SIGTERM', ignore);
      process.off('SIGINT', ignore);
      // Without it the end of the channel would be taken for the death of the supervisor.
      worker.exitedAfterDisconnect = true;
      if (process.connected) process.disconnect?.();
    },
  };
}
