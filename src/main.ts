import { once } from 'node:events';
import { discoverAdapters, envFragments } from './adapters.ts';
import { systemClock } from './clock.ts';
import { readConfig } from './config.ts';
import { isRingbackError } from './errors.ts';
import type { GatewayTimes } from './gateway.ts';
import { openLog } from './log.ts';
import { openRingback } from './ringback.ts';

const NO_LINK = 'no sign-in link could be made: `npm run link` makes one';
const STOPPING = 'stopping: no new calls, live ones may end in this time; a second signal ends them now';

/**
 * The process: reads the environment, opens the gateway, waits for a signal, drains. No business rules. `times` are the
 * internal ones, for a test that can't wait for the real ones.
 */
export async function main(
  environment: Readonly<Record<string, string | undefined>>,
  times?: GatewayTimes,
): Promise<number> {
  try {
    const adapters = await discoverAdapters();
    const config = readConfig(environment, envFragments(adapters));
    const log = openLog(config.logLevel, process.stdout.isTTY);
    await using gateway = await openRingback({
      config,
      adapters,
      clock: systemClock,
      log,
      random: Math.random,
      timeZone: Temporal.Now.timeZoneId(),
      ...(times === undefined ? {} : { times }),
    });
    // With an ADMIN_TOKEN the link is a shortcut past it, so it goes to a person's terminal only.
    if (config.adminToken === null || process.stdout.isTTY)
      gateway
        .printSignInLink((line) => process.stdout.write(`${line}\n`))
        .catch((error: unknown) => log.warn({ fault: nameOf(error) }, NO_LINK));
    await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT'), gateway.failed]);
    // A second signal does not wait for calls.
    const hurry = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
    log.info({ withinMs: config.drainTimeoutMs }, STOPPING);
    await Promise.race([gateway.drain(config.drainTimeoutMs), hurry]);
    return 0;
  } catch (error) {
    if (!isRingbackError(error)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
