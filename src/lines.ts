import type { Database } from '../db/database.ts';
import { countHeldCalls, findSettledDials } from '../db/lines-store.ts';
import { openAdmission, type Admission, type Bound } from './admission.ts';
import type { MonotonicClock, Timer } from './clock.ts';
import { openEventLoopProbe, watchEventLoop, type EventLoopProbe, type EventLoopReading } from './event-loop.ts';
import type { Log } from './log.ts';
import { BackgroundTasks } from './service.ts';

export interface LinesOptions {
  readonly clock: MonotonicClock;
  readonly log: Log;
  readonly database: Pick<Database, 'sql'>;
  /** `MAX_CONCURRENT_CALLS`: of this replica; 0 is no number. */
  readonly callsMax: number;
  /** What the accounts of the vendors allow at once, over all replicas; a call takes one of each. */
  readonly streamsMax: readonly number[];
  /** Calls that live here. */
  readonly liveCalls: () => number;
  /** For tests. */
  readonly probe?: EventLoopProbe;
  readonly windowMs?: number;
}

/** The lines of this process: its event loop, its own number of calls, and the streams that all replicas share. */
export interface Lines extends Admission, AsyncDisposable {
  start(): void;
  readonly eventLoop: EventLoopReading | null;
  readonly overloaded: boolean;
}

/**
 * How often it is looked which dials ring no more. Their webhooks and streams come to any replica, and a dial that was
 * declined at once is not to hold a line for as long as a telephone may ring.
 */
const LOOK_EVERY_MS = 500;

/** Whoever opens it closes it. */
export function openLines(options: LinesOptions): Lines {
  const { clock, log, database, callsMax, streamsMax, liveCalls } = options;
  /** As it was counted last. While it cannot be counted the last figure stands; what lives here is always known. */
  let heldEverywhere = 0;
  let wasOverloaded = false;
  const tasks = new BackgroundTasks(() => undefined);
  const watch = watchEventLoop({
    clock,
    probe: options.probe ?? openEventLoopProbe(),
    liveCalls,
    ...(options.windowMs === undefined ? {} : { windowMs: options.windowMs }),
    onWindow() {
      if (watch.overloaded !== wasOverloaded) {
        wasOverloaded = watch.overloaded;
        const fields = { ...watch.reading, liveCalls: liveCalls() };
        if (wasOverloaded) log.warn(fields, 'the event loop is overloaded: new calls are refused');
        else log.info(fields, 'the event loop is calm again: calls are welcome');
      }
      // One at a time: the database's own deadline is shorter than a window.
      if (streamsMax.length > 0 && tasks.size === 0)
        tasks.add(countHeldCalls(database).then((held) => void (heldEverywhere = held)));
    },
  });
  const admission = openAdmission({
    bounds(): Bound[] {
      const here = liveCalls();
      const shared = streamsMax.map((most) => ({ most, used: Math.max(here, heldEverywhere) }));
      return callsMax > 0 ? [{ most: callsMax, used: here }, ...shared] : shared;
    },
    overloaded: () => watch.overloaded,
    nowMs: () => clock.nowMs(),
  });
  const looks = new BackgroundTasks(() => undefined);
  let nextLook: Timer | null = null;
  let isClosed = false;
  function lookSoon(): void {
    if (isClosed || admission.expected.length === 0) return;
    nextLook ??= clock.setTimer(LOOK_EVERY_MS, () => looks.add(look()));
  }
  async function look(): Promise<void> {
    try {
      for (const callId of await findSettledDials(database, admission.expected)) admission.connected(callId);
    } finally {
      // While the database is away each dial holds its line until it has rung out.
      nextLook = null;
      lookSoon();
    }
  }

  return {
    refusal: () => admission.refusal(),
    linesFree: () => admission.linesFree(),
    connected: (callId) => admission.connected(callId),
    get expected() {
      return admission.expected;
    },
    expect(callId, withinMs) {
      admission.expect(callId, withinMs);
      lookSoon();
    },
    start: () => watch.start(),
    get eventLoop() {
      return watch.reading;
    },
    get overloaded() {
      return watch.overloaded;
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      nextLook?.cancel();
      watch[Symbol.dispose]();
      await Promise.all([tasks.settled(), looks.settled()]);
    },
  };
}
