import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { openDatabase, type Database } from '../db/database.ts';
import type { AdapterContext } from './adapter.ts';
import { openEmbeddedDatabase } from './embedded-database.ts';
import { RingbackError } from './errors.ts';
import { openReplicaBus, type ReplicaBus } from './events/bus.ts';
import { openEventFeed, type EventFeed } from './events/event-feed.ts';
import type { RingbackOptions } from './gateway.ts';
import { GatewayState } from './gateway-state.ts';
import { openPrometheus, type Prometheus } from './prometheus.ts';
import { openRecordings, type RecordingFolder } from './recordings/recordings.ts';
import { BackgroundTasks } from './service.ts';
import { openVendors, type OpenVendors } from './vendors.ts';

/** What every room of a process stands on. Whoever opens it closes it, after everything that stands on it. */
export interface Ground extends AsyncDisposable {
  /** This process, as rows name it; never used again by another. */
  readonly replicaId: string;
  readonly state: GatewayState;
  readonly database: Database;
  readonly recordings: RecordingFolder;
  readonly prometheus: Prometheus;
  readonly vendors: OpenVendors;
  readonly bus: ReplicaBus;
  readonly feed: EventFeed;
  /** What adapters are given. */
  readonly context: AdapterContext;
  /** Work that nobody waits for; settled before the ground is closed. */
  readonly tasks: BackgroundTasks;
  /** Aborted when the process stops. */
  readonly stop: AbortController;
  /** A hint to the other replicas could not be sent; it costs a second, no more. */
  readonly onLostHint: (error: unknown) => void;
}

/** Opens it in order. Throws named errors, one line each: a folder that can't be written, a vendor that can't be opened. */
export async function openGround(options: RingbackOptions): Promise<Ground> {
  const { config, adapters, clock, log, random, supervised } = options;
  const times = options.times ?? {};
  const state = new GatewayState(config.publicUrl);
  const stop = new AbortController();
  await using opened = new AsyncDisposableStack();

  const recordings = opened.use(openRecordings({ dir: config.recordingsDir, clock, log }));
  const embedded = opened.use(openEmbeddedDatabase({ dataDir: config.dataDir, log }));
  const database = opened.use(
    openDatabase({
      url: config.databaseUrl ?? (() => supervised?.databaseUrl() ?? embedded.url()),
      ...(config.databaseDirectUrl === null ? {} : { directUrl: config.databaseDirectUrl }),
      ...(times.database === undefined ? {} : { times: times.database }),
      clock,
      log,
      onPermanentFailure: (error) => state.fail(error),
    }),
  );
  const onLostHint = (error: unknown): void =>
    log.debug({ error: nameOf(error) }, 'a hint to the other replicas was lost');

  const prometheus = openPrometheus(new Registry());
  const context: AdapterContext = {
    clock,
    log,
    random,
    get publicUrl() {
      return state.publicUrl;
    },
  };
  const vendors = opened.use(await openVendors(adapters, config, context, log));
  const bus = opened.use(openReplicaBus(database));
  const feed = opened.use(openEventFeed({ database, clock, log }));
  const tasks = new BackgroundTasks((error) => {
    if (!stop.signal.aborted) log.warn({ error: nameOf(error) }, 'work in the background failed');
  });
  opened.defer(() => tasks.settled());
  opened.defer(() => stop.abort(new RingbackError('stopping')));
  const owned = opened.move();
  return {
    replicaId: randomUUID(),
    state,
    database,
    recordings,
    prometheus,
    vendors,
    bus,
    feed,
    context,
    tasks,
    stop,
    onLostHint,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
