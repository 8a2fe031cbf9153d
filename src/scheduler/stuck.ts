import type { SetAsideStore } from '../../db/set-aside-store.ts';
import type { Stuck, StuckBounds, StuckStore } from '../../db/stuck-store.ts';
import { statementFailure } from '../../db/failure.ts';
import type { EvidenceExtras } from '../callbacks/settle.ts';
import type { Carrier } from '../carriers/carrier.ts';
import type { Clock } from '../clock.ts';
import type { AttemptEvidence } from '../domain/attempt-states.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Service } from '../service.ts';
import { inTime } from './in-time.ts';

/** In milliseconds. */
export interface StuckTimes extends StuckBounds {
  readonly everyMs: number;
  /** How long a carrier may take to hang up. */
  readonly deadlineMs: number;
}

export const defaultStuckTimes: StuckTimes = {
  everyMs: 60_000,
  callGraceMs: 120_000,
  ringMs: 3_600_000,
  // An hour beyond the day after which a look-up gives up by itself.
  unsettledMs: 90_000_000,
  strayMs: 60_000,
  deadlineMs: 5_000,
};

export interface StuckWatchOptions {
  readonly stuck: StuckStore;
  readonly setAside: Pick<SetAsideStore, 'giveUp'>;
  readonly settle: (attemptId: string, evidence: AttemptEvidence, extras: EvidenceExtras) => Promise<unknown>;
  readonly carrierOf: (name: string) => Carrier | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly times?: StuckTimes;
}

/** Of each round; the rest is found by the next one. */
const MOST_AT_ONCE = 100;
const MOST_TIMERS = 1_000;
/** Every so many rounds all callbacks are looked through. */
const ROUNDS_PER_SCAN = 60;

/**
 * Looks for what would stay Dialing past every bound, whatever the cause: a callback whose attempt is gone, an attempt
 * that nobody looks at any more, a call that its carrier calls live long after its agent would have ended it, an attempt
 * that could not be settled in a day. Each is ended, or set going again, with its cause in the log. What ends by itself,
 * by webhooks and look-ups, never comes so far.
 */
export function openStuckWatch(options: StuckWatchOptions): Service {
  const { stuck, clock, log, times = defaultStuckTimes } = options;
  const stop = new AbortController();
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    for (let round = 0; !stop.signal.aborted; round += 1) {
      try {
        await clock.sleep(times.everyMs, stop.signal);
        const strays = await stuck.sweepTimers(times.strayMs, MOST_TIMERS);
        if (strays > 0) log.error({ timers: strays }, 'timers that belong to nothing were removed');
        for (const one of await stuck.find(times, MOST_AT_ONCE)) await mend(one);
        if (round % ROUNDS_PER_SCAN === 0)
          for (const one of await stuck.findDialingWithoutAttempt(times.strayMs, MOST_AT_ONCE)) await mend(one);
      } catch (error) {
        // While the database is away nothing can be stuck in it; the next round looks again.
        if (!stop.signal.aborted) log.debug(statementFailure(error), 'what is stuck could not be looked for');
      }
    }
  }

  async function mend(one: Stuck): Promise<void> {
    if (stop.signal.aborted) return;
    const { kind, ...ids } = one;
    try {
      log.error({ ...ids, cause: kind }, 'a callback was stuck');
      await mendOne(one);
    } catch (error) {
      log.warn({ ...ids, cause: kind, ...statementFailure(error) }, 'what is stuck could not be ended yet');
    }
  }

  async function mendOne(one: Stuck): Promise<void> {
    switch (one.kind) {
      case 'dialing_without_attempt':
        return stuck.failDialing(one.callbackId, 'The record of its dial is gone: nobody knows what became of it.');
      case 'unwatched':
        return stuck.watch(one.attemptId);
      case 'endless_call':
      case 'endless_ring':
        // Its end is told by the carrier, or found by the next look; the status stays the truth meanwhile.
        return hangUp(one.carrier, one.carrierCallId);
      case 'unsettled':
        return giveUp(one);
    }
  }

  async function hangUp(name: string, carrierCallId: string): Promise<void> {
    const carrier = options.carrierOf(name);
    if (carrier === undefined) return log.warn({ carrier: name }, 'its carrier is not configured on this replica');
    await inTime(clock, times.deadlineMs, (signal) => carrier.hangup(carrierCallId, { signal }));
  }

  async function giveUp({ attemptId, wasPlaced, wasAnswered }: Extract<Stuck, { kind: 'unsettled' }>): Promise<void> {
    const last: AttemptEvidence[] = wasPlaced
      ? [{ kind: 'ended', end: wasAnswered ? 'hung_up' : 'no_answer' }, { kind: 'verdict_overdue' }]
      : [{ kind: 'unknown', detail: 'nobody knows whether it was requested' }, { kind: 'lost' }];
    try {
      for (const evidence of last) await options.settle(attemptId, evidence, {});
    } catch (error) {
      log.error({ attemptId, ...statementFailure(error) }, 'an attempt could not be settled in all its time');
      await options.setAside.giveUp(attemptId, 'What became of its call could not be stored.');
    }
  }

  return {
    name: 'stuck watch',
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
