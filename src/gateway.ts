import type { DatabaseTimes } from '../db/times.ts';
import type { Adapters } from './adapters.ts';
import type { CallbackTimes } from './callbacks/deps.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import type { Prometheus } from './prometheus.ts';
import type { OutboundHoldTimes } from './scheduler/outbound-hold.ts';
import type { SchedulerTimes } from './scheduler/times.ts';
import type { LostStreamTimes } from './switchboard/lost-streams.ts';
import type { UpkeepTimes } from './upkeep.ts';

/** A running gateway. Whoever opens it disposes it; `drain` first lets its calls end. */
export interface Gateway extends AsyncDisposable {
  /** `PUBLIC_URL`, else the address that it listens on. */
  readonly url: string;
  /** Never resolves; rejects with a named error when it cannot go on (a DATA_DIR in use, a newer database). */
  readonly failed: Promise<never>;
  /** Prints a single-use sign-in link, as soon as the database is there. */
  printSignInLink(print: (line: string) => void): Promise<void>;
  /**
   * Takes no new calls, lets go of its scheduling, and waits for its calls; those left after `withinMs` go on in another
   * replica, or end with a goodbye.
   */
  drain(withinMs: number): Promise<void>;
}

export interface RingbackOptions {
  readonly config: Config;
  readonly adapters: Adapters;
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** IANA zone of the first agent. */
  readonly timeZone: string;
  readonly times?: GatewayTimes;
  /** What is done for this process where it is one of several of this machine. */
  readonly supervised?: Supervised;
}

/** What the supervisor of several processes does for each of them. */
export interface Supervised {
  /** The database that it brings along where none is configured. Throws `database_unavailable`. */
  databaseUrl(): Promise<string>;
  /** The text of `/metrics` of all of them, of which `own` is this one's. */
  figures(own: Prometheus['render']): Prometheus['render'];
}

/** The internal times of the rooms, so that a test can shorten them. */
export interface GatewayTimes extends UpkeepTimes {
  readonly database?: DatabaseTimes;
  readonly callbacks?: CallbackTimes;
  readonly scheduler?: SchedulerTimes;
  readonly outboundHold?: OutboundHoldTimes;
  readonly lostStreams?: LostStreamTimes;
  readonly eventLoopWindowMs?: number;
}
