import { once } from 'node:events';
import { discoverAdapters, envFragments } from './adapters.ts';
import { systemClock } from './clock.ts';
import { readConfig } from './config.ts';
import { isRingbackError } from './errors.ts';
import type { GatewayTimes } from './gateway.ts';
import { openLog } from './log.ts';
import { channelToSupervisor } from './processes/channel.ts';
import { Member } from './processes/member.ts';
import { SiblingFault } from './processes/supervisor.ts';
import { openRingback } from './ringback.ts';
import { supervise, type StopSigns } from './supervise.ts';
import { supervisedBy } from './supervised.ts';

const NO_LINK = 'no sign-in link could be made: `npm run link` makes one';
const STOPPING = 'stopping: no new calls, live ones may end in this time; a second signal ends them now';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The process: reads the environment, opens the gateway, waits for a signal, drains; or starts several that do, and
 * supervises them. No business rules. `times` are the internal ones, for a test that can't wait for the real ones.
 */
export async function main(environment: Environment, times?: GatewayTimes): Promise<number> {
  const channel = channelToSupervisor();
  using member = channel === null ? null : new Member(channel, systemClock);
  try {
    await run(environment, member, times);
    return 0;
  } catch (error) {
    if (!isRingbackError(error) && !(error instanceof SiblingFault)) throw error;
    if (member === null) process.stderr.write(`${error.message}\n`);
    else await member.fail(error.message);
    return 1;
  }
}

async function run(environment: Environment, member: Member | null, times: GatewayTimes | undefined): Promise<void> {
  const adapters = await discoverAdapters();
  const config = readConfig(environment, envFragments(adapters));
  const log = openLog(config.logLevel, process.stdout.isTTY);
  if (member === null && config.processes > 1)
    return supervise({ config, clock: systemClock, log, signs: signalsOfProcess() });
  const begun = await member?.begun;
  const own = begun === undefined ? log : log.child({ process: begun.number });
  await using gateway = await openRingback({
    config,
    adapters,
    clock: systemClock,
    log: own,
    random: Math.random,
    timeZone: Temporal.Now.timeZoneId(),
    ...(times === undefined ? {} : { times }),
    ...(member === null ? {} : { supervised: supervisedBy(member) }),
  });
  // With an ADMIN_TOKEN the link is a shortcut past it, so it goes to a person's terminal only.
  if ((begun?.printsLink ?? true) && (config.adminToken === null || process.stdout.isTTY))
    gateway
      .printSignInLink((line) => process.stdout.write(`${line}\n`))
      .catch((error: unknown) => own.warn({ fault: nameOf(error) }, NO_LINK));
  const signs = member === null ? signalsOfProcess() : { drain: member.drained, hurry: () => member.hurried };
  await Promise.race([signs.drain, gateway.failed]);
  // A second signal does not wait for calls.
  const hurry = signs.hurry();
  own.info({ withinMs: config.drainTimeoutMs }, STOPPING);
  await Promise.race([gateway.drain(config.drainTimeoutMs), hurry]);
}

function signalsOfProcess(): StopSigns {
  const next = (): Promise<unknown> => Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  return { drain: next(), hurry: next };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
