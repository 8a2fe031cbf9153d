import { performance } from 'node:perf_hooks';
import type { Ledger } from './domain/ledger.ts';
import type { EventLoopReading } from './event-loop.ts';

/** What is read at a scrape. Nothing of it may reject but `ledger`. */
export interface MetricSources {
  readonly version: string;
  readonly liveCalls: () => number;
  readonly eventLoop: () => EventLoopReading | null;
  readonly overloaded: () => boolean;
  readonly databaseState: () => string;
  readonly scheduler: () => {
    readonly why: string | null;
    readonly epoch: number | null;
    readonly draining: boolean;
    readonly nearTimers: number;
    readonly dialsInFlight: number;
  };
  /** STT, LLM and TTS that are believed down. */
  readonly vendorsDown?: () => readonly { readonly kind: string; readonly vendor: string }[];
  /** What waits, by the name of its queue. */
  readonly queues: () => Readonly<Record<string, number>>;
  readonly ledger: () => Promise<Ledger>;
}

/** One value of a gauge. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A gauge, and how its values are read at a scrape. */
export interface GaugeSpec {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly read: () => readonly Sample[] | Promise<readonly Sample[]>;
}

const DATABASE_STATES = ['connecting', 'migrating', 'ready', 'lost', 'closed'];

/** Every gauge there is. Where the ledger cannot be read its gauges have no value, and `ringback_ledger_up` is 0. */
export function gaugesOf(sources: MetricSources): GaugeSpec[] {
  const { scheduler } = sources;
  const loop = (part: keyof EventLoopReading, scale = 1) => {
    const reading = sources.eventLoop();
    return reading === null ? [] : one(reading[part] * scale);
  };
  return [
    gauge('ringback_build_info', 'Always 1; the version stands in the labels.', ['version', 'node'], () => [
      { labels: { version: sources.version, node: process.versions.node }, value: 1 },
    ]),
    gauge('ringback_calls_live', 'Calls that live in this process.', [], () => one(sources.liveCalls())),
    gauge('ringback_event_loop_utilization', 'Share of the last window in which the event loop worked.', [], () =>
      loop('utilization'),
    ),
    gauge('ringback_event_loop_delay_p99_seconds', 'How late timers were in the last window.', [], () =>
      loop('delayP99Ms', 1 / 1000),
    ),
    gauge('ringback_overloaded', '1 while new calls are refused because of the event loop.', [], () =>
      one(Number(sources.overloaded())),
    ),
    gauge('ringback_database_state', '1 for the state in which the way to the database is.', ['state'], () =>
      DATABASE_STATES.map((state) => ({ labels: { state }, value: Number(sources.databaseState() === state) })),
    ),
    gauge('ringback_scheduler_can_dial', '1 while this replica may dial what is due.', [], () =>
      one(Number(scheduler().why === null)),
    ),
    gauge('ringback_scheduler_draining', '1 once this replica has given up its scheduling.', [], () =>
      one(Number(scheduler().draining)),
    ),
    gauge('ringback_scheduler_epoch', 'Epoch of the lease that is held; no value without one.', [], () => {
      const { epoch } = scheduler();
      return epoch === null ? [] : one(epoch);
    }),
    gauge('ringback_scheduler_near_timers', 'Timers in the wheel.', [], () => one(scheduler().nearTimers)),
    gauge('ringback_scheduler_dials_in_flight', 'Dials whose carrier has not answered.', [], () =>
      one(scheduler().dialsInFlight),
    ),
    gauge('ringback_vendor_down', '1 for a vendor for which callbacks wait.', ['kind', 'vendor'], () =>
      (sources.vendorsDown?.() ?? []).map(({ kind, vendor }) => ({ labels: { kind, vendor }, value: 1 })),
    ),
    gauge('ringback_queue_size', 'What waits in a queue of this process.', ['queue'], () =>
      Object.entries(sources.queues()).map(([queue, value]) => ({ labels: { queue }, value })),
    ),
    ...ledgerGauges(sources.ledger),
    ...processGauges,
  ];
}

/** Of the whole installation: every replica says the same, so they are not to be added up. */
function ledgerGauges(ledger: () => Promise<Ledger>): GaugeSpec[] {
  const read = (samples: (ledger: Ledger) => readonly Sample[]) => async (): Promise<readonly Sample[]> => {
    const known = await ledger().catch(() => undefined);
    return known === undefined ? [] : samples(known);
  };
  return [
    gauge('ringback_ledger_up', '1 where the ledger could be read.', [], async () =>
      ledger().then(
        () => one(1),
        () => one(0),
      ),
    ),
    gauge(
      'ringback_bookings',
      'Callbacks ever booked.',
      [],
      read(({ bookings }) => one(bookings)),
    ),
    gauge(
      'ringback_promises',
      'What became of them; the classes sum to ringback_bookings.',
      ['class'],
      read(({ promises }) => Object.entries(promises).map(([name, value]) => ({ labels: { class: name }, value }))),
    ),
    gauge(
      'ringback_promises_overdue',
      'Open ones that nobody asked for 60 s after their time.',
      [],
      read(({ overdue }) => one(overdue)),
    ),
    gauge(
      'ringback_attempt_oldest_in_flight_seconds',
      'How long the oldest attempt is under way; longer than any call may last, it is stuck.',
      [],
      read(({ oldestInFlightSeconds }) => one(oldestInFlightSeconds)),
    ),
    gauge(
      'ringback_attempts',
      'Requests to carriers, and last looks that ended a callback, by outcome.',
      ['outcome'],
      read(({ attempts }) => Object.entries(attempts).map(([outcome, value]) => ({ labels: { outcome }, value }))),
    ),
  ];
}

const processGauges: readonly GaugeSpec[] = [
  gauge('process_cpu_seconds_total', 'Processor time of the process.', [], () => {
    const { user, system } = process.cpuUsage();
    return one((user + system) / 1e6);
  }),
  gauge('process_resident_memory_bytes', 'Resident memory.', [], () => one(process.memoryUsage.rss())),
  gauge('process_start_time_seconds', 'When it started, as Unix time.', [], () => one(performance.timeOrigin / 1000)),
  gauge('nodejs_heap_size_used_bytes', 'Heap in use.', [], () => one(process.memoryUsage().heapUsed)),
];

function gauge(name: string, help: string, labelNames: readonly string[], read: GaugeSpec['read']): GaugeSpec {
  return { name, help, labelNames, read };
}

function one(value: number): Sample[] {
  return [{ labels: {}, value }];
}
