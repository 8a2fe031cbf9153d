import type { Carrier } from '../carriers/carrier.ts';
import type { Clock } from '../clock.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Service } from '../service.ts';
import { inTime } from './in-time.ts';

export interface AccountWatchOptions {
  /** Carriers that are not dialled because of a fault of their account. */
  readonly paused: () => Promise<readonly { readonly carrier: string }[]>;
  /** Lets it dial again; nothing happens where somebody else did so already. */
  readonly resume: (carrier: string) => Promise<void>;
  readonly carrierOf: (name: string) => Carrier | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly times?: AccountWatchTimes;
}

/** In milliseconds. */
export interface AccountWatchTimes {
  readonly everyMs: number;
  /** How long a carrier may take to answer. */
  readonly deadlineMs: number;
}

export const defaultAccountWatchTimes: AccountWatchTimes = { everyMs: 60_000, deadlineMs: 5_000 };

/**
 * Looks at the accounts of paused carriers, and resumes those that may call again. It only ever reads, so that nobody is
 * dialled to find out; each replica looks, and a carrier that can't be asked waits for an operator.
 */
export function openAccountWatch(options: AccountWatchOptions): Service {
  const { paused, resume, carrierOf, clock, log, times = defaultAccountWatchTimes } = options;
  const stop = new AbortController();
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await clock.sleep(times.everyMs, stop.signal);
        for (const { carrier } of await paused()) await look(carrier);
      } catch (error) {
        // While the database is away nobody dials anyway; the next round looks again.
        if (!stop.signal.aborted) log.debug({ error: nameOf(error) }, 'paused carriers could not be looked at');
      }
    }
  }

  async function look(name: string): Promise<void> {
    const carrier = carrierOf(name);
    if (carrier?.accountMayCall === undefined || stop.signal.aborted) return;
    try {
      const may = await inTime(clock, times.deadlineMs, async (signal) => carrier.accountMayCall?.({ signal }));
      if (may !== true) return;
    } catch (error) {
      log.info({ carrier: name, error: nameOf(error) }, 'the account of a paused carrier could not be looked at');
      return;
    }
    await resume(name);
    log.warn({ carrier: name }, 'the account of a carrier is in order again: it is dialled');
  }

  return {
    name: 'account watch',
    start: () => void (running ??= run()),
    started: () => Promise.resolve(),
    async stop() {
      stop.abort(new RingbackError('stopping'));
      await running;
    },
    [Symbol.asyncDispose]() {
      return this.stop();
    },
  };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
