import type { CallbackStore, TimerRow } from '../../db/callback-store.ts';
import type { OverdueTimers } from '../../db/replica-store.ts';
import type { MonotonicClock } from '../clock.ts';
import type { DatabaseTime } from './database-time.ts';
import { TimerWheel, type WheelItem } from './timer-wheel.ts';
import type { SchedulerTimes } from './times.ts';

export interface HorizonOptions {
  readonly timers: CallbackStore['timers'];
  readonly time: DatabaseTime;
  readonly clock: MonotonicClock;
  readonly times: SchedulerTimes;
  /** A timer's time has come, less the lead of a claim. Must not throw. */
  readonly onDue: (kind: TimerRow['kind'], id: string) => void;
  /** How many overdue rows are being served already. */
  readonly inHand: () => number;
}

interface NearTimer extends WheelItem {
  readonly kind: TimerRow['kind'];
  readonly subject: string;
}

/** Rows of one read. */
const PAGE = 5_000;
/** Rows of one scan of the overdue that are new to us. */
const OVERDUE_PAGE = 100;
/** Near timers in memory; more are found when they are overdue. */
const MOST_NEAR = 200_000;

/**
 * The near future in memory. Timers due soon are read once, by key range; those that are set meanwhile come as hints;
 * and once a second a look at the overdue finds what a lost hint or a dead replica left. So nothing depends on a hint
 * for more than a second.
 */
export class Horizon implements Disposable {
  readonly #options: HorizonOptions;
  readonly #wheel: TimerWheel<NearTimer>;
  /** Up to here, by the database's clock, everything was read; null before the first read. */
  #readToMs: number | null = null;

  constructor(options: HorizonOptions) {
    this.#options = options;
    this.#wheel = new TimerWheel({
      clock: options.clock,
      nowMs: () => options.time.nowMs(),
      onDue: ({ kind, subject }) => options.onDue(kind, subject),
      most: MOST_NEAR,
    });
  }

  /** Near timers that are waiting. */
  get size(): number {
    return this.#wheel.size;
  }

  /** The estimate of the database's clock moved. */
  timeMoved(): void {
    this.#wheel.rearm();
  }

  /** Reads everything up to the horizon again: hints may have been lost. */
  async reload(): Promise<void> {
    this.#readToMs = null;
    await this.extend();
  }

  /** Reads what has come within the horizon since the last read. */
  async extend(): Promise<void> {
    const { timers, time, times } = this.#options;
    const toMs = Math.ceil(time.nowMs() + times.horizonMs);
    while (this.#readToMs === null || this.#readToMs < toMs) {
      const from = this.#readToMs === null ? null : instantOf(this.#readToMs);
      const rows = await timers(from, instantOf(toMs), PAGE);
      for (const row of rows) this.#insert(row);
      const last = rows.at(-1)?.fireAt.epochMilliseconds;
      if (rows.length < PAGE || last === undefined) this.#readToMs = toMs;
      // A page of one single millisecond: the rest of it is left to the look at the overdue.
      else this.#readToMs = last === this.#readToMs ? last + 1 : last;
    }
  }

  /** What is late, to be served by whoever reads it. */
  overdue(): OverdueTimers {
    const { time, times, onDue, inHand } = this.#options;
    return {
      before: instantOf(Math.floor(time.nowMs() - times.overdueAfterMs)),
      limit: OVERDUE_PAGE + inHand(),
      take: (late) => {
        for (const { kind, id } of late) onDue(kind, id);
      },
    };
  }

  /** `fireAtMs:kind:id`; anything else is not for us. */
  hint(payload: string): void {
    const match = /^(\d{1,15}):(dial|check):([0-9a-f-]{36})$/.exec(payload);
    const [, fireAtMs, kind, id] = match ?? [];
    if (id === undefined || (kind !== 'dial' && kind !== 'check')) return;
    this.#insert({ fireAt: instantOf(Number(fireAtMs)), kind, id });
  }

  /** Forgets all near timers; they are in the table. */
  clear(): void {
    this.#wheel.clear();
    this.#readToMs = null;
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  #insert(row: TimerRow): void {
    const { time, times } = this.#options;
    const fireAtMs = row.fireAt.epochMilliseconds;
    // What lies further is read when it has come near.
    if (!time.known || fireAtMs > time.nowMs() + 2 * times.horizonMs) return;
    const leadMs = row.kind === 'dial' ? times.claimLeadMs : 0;
    // The time is part of the name: hints may overtake each other, and one that is out of date finds nothing due.
    const id = `${row.kind}:${row.id}:${fireAtMs}`;
    this.#wheel.insert({ id, dueMs: fireAtMs - leadMs, kind: row.kind, subject: row.id });
  }
}

function instantOf(epochMs: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(epochMs);
}
