import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import manifest from '../package.json' with { type: 'json' };
import { findAgent, findDefaultAgent } from '../db/agent-store.ts';
import { keepBuiltIns } from '../db/built-ins.ts';
import { openCallRecords } from '../db/call-store.ts';
import { findFirstDial, findPromiseOf } from '../db/conversation-store.ts';
import { readLedger } from '../db/ledger-store.ts';
import { openDatabase } from '../db/database.ts';
import { holdOutbound } from '../db/outbound-store.ts';
import { findOrRegisterNumber } from '../db/phone-number-store.ts';
import { openCallbackStore } from '../db/postgres-callback-store.ts';
import { openReplicaStore } from '../db/replica-store.ts';
import { issueStreamToken, useStreamToken } from '../db/stream-token-store.ts';
import type { DatabaseTimes } from '../db/times.ts';
import type { AdapterContext } from './adapter.ts';
import type { Adapters } from './adapters.ts';
import { surfaceOf } from './app-deps.ts';
import { buildApp } from './app.ts';
import { openAuth } from './auth/auth.ts';
import { openLiveCalls } from './call/live-calls.ts';
import { dialledCall } from './callbacks/call-of-attempt.ts';
import { defaultCallbackTimes, type CallbackDeps, type CallbackTimes } from './callbacks/deps.ts';
import { openDesk } from './callbacks/desk.ts';
import { openLedger } from './callbacks/ledger.ts';
import { settleReturn } from './callbacks/on-return.ts';
import { settleAttempt } from './callbacks/settle.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { briefCall } from './conversations/brief.ts';
import { openCallStore } from './conversations/call-store.ts';
import type { ConversationDeps } from './conversations/deps.ts';
import { openSummaries } from './conversations/summarise.ts';
import { openEmbeddedDatabase } from './embedded-database.ts';
import { RingbackError } from './errors.ts';
import { openReplicaBus } from './events/bus.ts';
import { openEventFeed } from './events/event-feed.ts';
import { GatewayState } from './gateway-state.ts';
import { openLines } from './lines.ts';
import { answersAt, listen } from './listen.ts';
import type { Log } from './log.ts';
import { countEnd, meterStore, meterVendors } from './metered.ts';
import { openCarriers } from './open-carriers.ts';
import { openPrometheus } from './prometheus.ts';
import { openRecordings } from './recordings/recordings.ts';
import type { PlacedDial } from './scheduler/dialer.ts';
import { openScheduler } from './scheduler/scheduler.ts';
import type { SchedulerTimes } from './scheduler/times.ts';
import { BackgroundTasks } from './service.ts';
import type { SwitchboardDeps } from './switchboard/deps.ts';
import { deskCallOf } from './switchboard/desk-call.ts';
import { openLiveCallsEverywhere } from './switchboard/everywhere.ts';
import { hangUpsOf } from './switchboard/hang-up.ts';
import { openLostStreams, type LostStreamTimes } from './switchboard/lost-streams.ts';
import { openSwitchboard } from './switchboard/switchboard.ts';
import { openUpkeep, type UpkeepTimes } from './upkeep.ts';
import { vendorList } from './vendor-list.ts';
import { openVendors, streamsMaxOf, type StandInUse } from './vendors.ts';

/** A running gateway. Whoever opens it disposes it; `drain` first lets its calls end. */
export interface Gateway extends AsyncDisposable {
  /** `PUBLIC_URL`, else the address that it listens on. */
  readonly url: string;
  /** Never resolves; rejects with a named error when it cannot go on (a DATA_DIR in use, a newer database). */
  readonly failed: Promise<never>;
  /** Prints a single-use sign-in link, as soon as the database is there. */
  printSignInLink(print: (line: string) => void): Promise<void>;
  /** Takes no new calls, lets go of its scheduling, and waits for its calls; those left after `withinMs` are ended. */
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
}

/** The internal times of the rooms, so that a test can shorten them. */
export interface GatewayTimes extends UpkeepTimes {
  readonly database?: DatabaseTimes;
  readonly callbacks?: CallbackTimes;
  readonly scheduler?: SchedulerTimes;
  readonly lostStreams?: LostStreamTimes;
  readonly eventLoopWindowMs?: number;
}

/** Timers nearer than this are announced to the other replicas. */
const ANNOUNCE_WITHIN_MS = 60_000;
const EMBEDDED: StandInUse = {
  kind: 'database',
  name: 'embedded-postgres',
  title: 'Embedded Postgres',
  notice: 'The database runs inside this process, on this machine alone: set DATABASE_URL for one that replicas share.',
};
const CONSOLE_DIR = fileURLToPath(new URL('../dist/console', import.meta.url));

/**
 * Opens the whole gateway in order: it listens at once, and is ready when its database is. Throws named errors, one line
 * each: a taken port, a folder that can't be written, a vendor that can't be opened.
 */
export async function openRingback(options: RingbackOptions): Promise<Gateway> {
  const { config, adapters, clock, log, random } = options;
  const times = options.times ?? {};
  const replicaId = randomUUID();
  const state = new GatewayState(config.publicUrl);
  const stop = new AbortController();
  await using opened = new AsyncDisposableStack();

  const recordings = opened.use(openRecordings({ dir: config.recordingsDir, clock, log }));
  const embedded = opened.use(openEmbeddedDatabase({ dataDir: config.dataDir, log }));
  const database = opened.use(
    openDatabase({
      url: config.databaseUrl ?? (() => embedded.url()),
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
  const { metrics } = prometheus;
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
  const auth = openAuth({ database, adminToken: config.adminToken });
  const tasks = new BackgroundTasks((error) => {
    if (!stop.signal.aborted) log.warn({ error: nameOf(error) }, 'work in the background failed');
  });

  // ---- promises and conversations
  const records = openCallRecords({ database, onLostHint });
  const store = openCallbackStore({ database, announceWithinMs: ANNOUNCE_WITHIN_MS, onLostHint });
  const callbacks: CallbackDeps = {
    store,
    random,
    carrierOf: (name) => carriers.facts(name),
    allowlist: config.outboundAllowlist,
    times: times.callbacks ?? defaultCallbackTimes,
  };
  const conversations: ConversationDeps = {
    records,
    replicaId,
    findAgent: (id) => findAgent(database, id),
    findDefaultAgent: () => findDefaultAgent(database),
    findOrRegisterNumber: (dialled) => findOrRegisterNumber(database, dialled),
    findCallback: (id) => store.find(id),
    findFirstDial: (callback) => findFirstDial(database, callback),
    findPromiseOf: (who) => findPromiseOf(database, who),
  };
  const summaries = opened.use(openSummaries({ conversations, llmOf: (agent) => vendors.llm(agent.llm), clock, log }));

  /** A call is over, and all of it is stored; told once by whoever ended it, on whichever replica. */
  const onEnded = (callId: string): void => {
    summaries.write(callId);
    tasks.add(settleReturn(callbacks, callId));
    tasks.add(countEnd(records, callId, metrics));
  };

  // ---- live calls
  const lostStreams = opened.use(
    openLostStreams({
      records,
      replicaId,
      carrierOf: (name) => carriers.find(name),
      onEnded,
      clock,
      log,
      ...(times.lostStreams === undefined ? {} : { times: times.lostStreams }),
    }),
  );
  const liveCalls = opened.use(
    openLiveCalls({
      clock,
      log,
      vendors: meterVendors(vendors, metrics),
      recordings,
      tools: adapters.tools,
      store: meterStore(
        openCallStore({
          records,
          replicaId,
          onOpening: async (attemptId, agoMs) =>
            void (await settleAttempt(callbacks, attemptId, { kind: 'opening', agoMs })),
          onEnded,
        }),
        metrics,
      ),
      onStarted({ id, direction, carrier, resumes }) {
        metrics.callStarted({ direction, carrier, resumed: resumes > 0 });
        lines.connected(id);
      },
      lost: (call) => lostStreams.lost(call),
      deskOf: ({ call, agent }, key) => openDesk(callbacks, deskCallOf(call, agent), key),
    }),
  );
  const lines = opened.use(
    openLines({
      clock,
      log,
      database,
      callsMax: config.maxConcurrentCalls,
      streamsMax: streamsMaxOf(vendors),
      liveCalls: () => liveCalls.count,
      ...(times.eventLoopWindowMs === undefined ? {} : { windowMs: times.eventLoopWindowMs }),
    }),
  );
  const switchboard: SwitchboardDeps = {
    callbacks,
    conversations,
    liveCalls,
    everywhere: opened.use(openLiveCallsEverywhere(liveCalls, bus.topic('live-calls'))),
    tokens: { issue: (id) => issueStreamToken(database, id), use: (token) => useStreamToken(database, token) },
    streamBaseUrl: () => state.publicUrl.replace(/^http/, 'ws'),
    carrierOf: (name) => carriers.find(name),
    closedFor() {
      const why = state.draining ?? lines.refusal();
      if (why !== null) metrics.callRefused(why);
      return why;
    },
    onEnded,
    log,
  };
  const carriers = opened.use(
    await openCarriers(adapters, config, context, (name) =>
      openSwitchboard(switchboard, name, bus.topic(`carrier.${name}`)),
    ),
  );

  // ---- the scheduler
  const scheduler = opened.use(
    openScheduler({
      replicaId,
      version: manifest.version,
      callbacks,
      replicas: openReplicaStore(database),
      database,
      carrierOf: (name) => carriers.find(name),
      linesFree: () => lines.linesFree(),
      vendorsDown: () => [],
      onPlaced(dial) {
        metrics.dialed({ isFirst: dial.callback.attemptsMade === 0, lateMs: dial.lateMs });
        lines.expect(dial.attempt.callId, lineNeededMs(dial));
        tasks.add(prepareOpening(dial));
      },
      onAnswered: (answer) => metrics.carrierAnswered(answer),
      clock,
      log,
      random,
      ...(times.scheduler === undefined ? {} : { times: times.scheduler }),
    }),
  );
  const upkeep = opened.use(
    openUpkeep({
      database,
      records,
      carrierOf: (name) => carriers.find(name),
      config,
      onEnded,
      onLostHint,
      times,
      clock,
      log,
    }),
  );

  // ---- the surface
  const ledger = openLedger({ read: () => readLedger(database), clock });
  prometheus.watch({
    version: manifest.version,
    liveCalls: () => liveCalls.count,
    eventLoop: () => lines.eventLoop,
    overloaded: () => lines.overloaded,
    databaseState: () => database.state,
    scheduler: () => scheduler.status,
    queues: () => ({ background: tasks.size, recordings: recordings.running }),
    ledger: () => ledger.read(),
  });
  const standIns = [...vendors.standIns, ...carriers.standIns, ...(config.databaseUrl === null ? [EMBEDDED] : [])];
  const app = await buildApp({
    clock,
    log,
    publicUrl: () => state.publicUrl,
    trustProxy: config.trustProxy,
    notReady: () => state.draining ?? database.reason ?? (state.built ? null : 'the gateway is starting'),
    auth,
    feed,
    tools: adapters.tools,
    carriers: carriers.all,
    consoleDir: CONSOLE_DIR,
    ledger: () => ledger.read(),
    metrics: () => prometheus.render(),
    metricsToken: config.metricsToken,
    ...surfaceOf({
      database,
      replicaId,
      callbacks,
      records,
      recordingsDir: config.recordingsDir,
      hangUps: hangUpsOf(switchboard),
      carriers: carriers.all.map(({ carrier }) => carrier),
      standIns,
      vendors: vendorList(adapters, [
        ...vendors.inUse,
        ...carriers.all.map(({ carrier }) => ({ kind: 'carrier', name: carrier.name })),
      ]),
      toolSettings: adapters.tools.map(({ setting }) => setting),
      speech: vendors.stt(null) !== null,
      version: manifest.version,
      clock,
      publicUrl: () => state.publicUrl,
      reaches: answersAt,
      eventLoop: () => (lines.eventLoop === null ? null : { ...lines.eventLoop, overloaded: lines.overloaded }),
      limits: {
        outboundAllowlist: config.outboundAllowlist?.length ?? null,
        maxConcurrentCalls: config.maxConcurrentCalls === 0 ? null : config.maxConcurrentCalls,
        retentionDays: config.retentionDays,
        drainSeconds: config.drainTimeoutMs / 1000,
      },
      onLostHint,
    }),
  });
  opened.defer(() => app.close());
  const address = await listen(app, config);
  state.listens(address);
  for (const { carrier } of carriers.all) carrier.start?.();
  log.info({ address }, 'the gateway listens');
  for (const { kind, name, notice } of standIns) log.warn({ kind, standIn: name }, notice);

  opened.defer(() => tasks.settled());
  opened.defer(() => stop.abort(new RingbackError('stopping')));
  tasks.add(begin());

  /** What needs the database, once it is there. */
  async function begin(): Promise<void> {
    await database.ready(stop.signal);
    await keepBuiltIns(database, {
      timeZone: options.timeZone,
      toolSettings: adapters.tools.map(({ setting }) => setting),
    });
    if (config.outboundHold) await holdOutbound(database, 'started with OUTBOUND_HOLD');
    state.built = true;
    scheduler.start();
    upkeep.start();
    lines.start();
  }

  /** Thinks of the first words while it rings. */
  async function prepareOpening({ attempt, callback, agent }: PlacedDial): Promise<void> {
    const call = dialledCall(attempt, callback, attempt.startedAt);
    liveCalls.prepare(await briefCall(conversations, call), lineNeededMs({ agent }));
  }

  const owned = opened.move();
  return {
    url: state.publicUrl,
    failed: state.failed,
    async printSignInLink(print) {
      try {
        await database.ready(stop.signal);
        print(`${state.publicUrl}/sign-in?code=${await auth.newSignInCode()}`);
      } catch (error) {
        if (!stop.signal.aborted) throw error;
      }
    },
    async drain(withinMs) {
      state.draining = 'draining';
      await scheduler.drain();
      await liveCalls.drain(withinMs);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** How long somebody may take to answer. */
function lineNeededMs({ agent }: Pick<PlacedDial, 'agent'>): number {
  return (agent.callbackPolicy.ringTimeoutSeconds + 10) * 1000;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
