import type { MonotonicClock } from './clock.ts';
import type { Config } from './config.ts';
import { openEmbeddedDatabase } from './embedded-database.ts';
import { isRingbackError } from './errors.ts';
import type { Log } from './log.ts';
import { startSibling } from './processes/fork.ts';
import { Supervisor } from './processes/supervisor.ts';

/** What tells a process to stop. */
export interface StopSigns {
  /** The first one: let the calls end. */
  readonly drain: Promise<unknown>;
  /** The next one: end now. Asked for after the first. */
  hurry(): Promise<unknown>;
}

export interface SuperviseOptions {
  readonly config: Config;
  readonly clock: MonotonicClock;
  readonly log: Log;
  readonly signs: StopSigns;
}

/**
 * Runs `config.processes` processes of the gateway until a sign to stop, the embedded Postgres among them where no other
 * is configured. Throws what none of them can go on with.
 */
export async function supervise({ config, clock, log, signs }: SuperviseOptions): Promise<void> {
  await using embedded = openEmbeddedDatabase({
    dataDir: config.dataDir,
    log,
    connections: config.processes * CONNECTIONS_EACH + CONNECTIONS_OF_TOOLS,
  });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  await using supervisor = new Supervisor({
    processes: config.processes,
    start: startSibling,
    databaseUrl: async () => {
      try {
        return await embedded.url();
      } catch (error) {
        // What would not be better the next time ends all of them, as it ends one.
        if (isRingbackError(error) && !error.retryable) failed.reject(error);
        throw error;
      }
    },
    clock,
    log,
  });
  await Promise.race([signs.drain, supervisor.failed, failed.promise]);
  const hurry = signs.hurry();
  log.info({ withinMs: config.drainTimeoutMs, processes: config.processes }, 'stopping all processes');
  await Promise.race([supervisor.drain(config.drainTimeoutMs), hurry]);
}

/** What one process holds open at most, its listener and its migration included. */
const CONNECTIONS_EACH = 13;
const CONNECTIONS_OF_TOOLS = 20;
