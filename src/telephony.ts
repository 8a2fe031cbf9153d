import { findAgent, findDefaultAgent } from '../db/agent-store.ts';
import { openCallRecords, type CallRecords } from '../db/call-store.ts';
import { findFirstDial, findPromiseOf } from '../db/conversation-store.ts';
import { hasPeers } from '../db/peers-store.ts';
import { findOrRegisterNumber } from '../db/phone-number-store.ts';
import { beginOpening } from '../db/openings.ts';
import { openCallbackStore } from '../db/postgres-callback-store.ts';
import { openReplicaStore } from '../db/replica-store.ts';
import { openSetAsideStore } from '../db/set-aside-store.ts';
import { issueStreamToken, useStreamToken } from '../db/stream-token-store.ts';
import manifest from '../package.json' with { type: 'json' };
import { openLiveCalls } from './call/live-calls.ts';
import type { LiveCalls } from './call/ports.ts';
import { dialledCall } from './callbacks/call-of-attempt.ts';
import { defaultCallbackTimes, type CallbackDeps } from './callbacks/deps.ts';
import { openDesk } from './callbacks/desk.ts';
import { settleReturn } from './callbacks/on-return.ts';
import { briefCall } from './conversations/brief.ts';
import { openCallStore } from './conversations/call-store.ts';
import type { ConversationDeps } from './conversations/deps.ts';
import { openSummaries } from './conversations/summarise.ts';
import { openDatabaseHold } from './database-hold.ts';
import type { RingbackOptions } from './gateway.ts';
import type { Ground } from './ground.ts';
import { openLines, type Lines } from './lines.ts';
import { countEnd, meterStore, meterVendors } from './metered.ts';
import { openCarriers, type OpenCarriers } from './open-carriers.ts';
import type { PlacedDial } from './scheduler/dialer.ts';
import type { OutboundHold } from './scheduler/outbound-hold.ts';
import { openScheduler, type Scheduler } from './scheduler/scheduler.ts';
import { defaultSchedulerTimes } from './scheduler/times.ts';
import type { SwitchboardDeps } from './switchboard/deps.ts';
import { deskCallOf } from './switchboard/desk-call.ts';
import { openLiveCallsEverywhere } from './switchboard/everywhere.ts';
import { openLostStreams } from './switchboard/lost-streams.ts';
import { openSwitchboard } from './switchboard/switchboard.ts';
import { openVendorHealth, type VendorHealth } from './vendor-health.ts';
import { streamsMaxOf } from './vendors.ts';
import { openVoiceDetection } from './voice-detection.ts';

/** Timers nearer than this are announced to the other replicas. */
const ANNOUNCE_WITHIN_MS = 60_000;

/** Promises, conversations, live calls, carriers and the scheduler, joined. Whoever opens it closes it. */
export interface Telephony extends AsyncDisposable {
  readonly callbacks: CallbackDeps;
  readonly records: CallRecords;
  /** Closed with the rest; closing it before, and twice, does no harm. */
  readonly liveCalls: LiveCalls & AsyncDisposable;
  readonly lines: Lines;
  readonly switchboard: SwitchboardDeps;
  readonly carriers: OpenCarriers;
  /** Watches over the database's identity; started with the scheduler. */
  readonly outboundHold: OutboundHold;
  readonly scheduler: Scheduler;
  readonly vendorHealth: VendorHealth;
  /** A call is over, and all of it is stored; told once by whoever ended it, on whichever replica. */
  readonly onEnded: (callId: string) => void;
}

/** Joins the rooms that calls and promises walk through. Throws where a configured carrier can't be opened. */
export async function openTelephony(ground: Ground, options: RingbackOptions): Promise<Telephony> {
  const { config, adapters, clock, log, random } = options;
  const { replicaId, state, database, recordings, vendors, bus, context, tasks, onLostHint } = ground;
  const { metrics } = ground.prometheus;
  const times = options.times ?? {};
  await using opened = new AsyncDisposableStack();

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
  const vendorHealth = openVendorHealth({ vendors, clock, log });
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
  const voiceDetection = opened.use(await openVoiceDetection(config.voiceDetector));
  const liveCalls = opened.use(
    openLiveCalls({
      voiceActivity: (format) => voiceDetection.open(format),
      clock,
      log,
      vendors: meterVendors(vendors, metrics, vendorHealth),
      spareVoice: () => vendors.spareVoice(),
      recordings,
      tools: adapters.tools,
      store: meterStore(
        openCallStore({
          records,
          replicaId,
          beginOpening: (attemptId) => beginOpening(database, attemptId),
          onEnded,
        }),
        metrics,
      ),
      onStarted({ id, direction, carrier, resumes }) {
        metrics.callStarted({ direction, carrier, resumed: resumes > 0 });
        lines.connected(id);
      },
      lost: (call) => lostStreams.lost(call),
      othersTakeOver: () => hasPeers(database, replicaId),
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
    closedFor(name) {
      // Their streams are opened at PUBLIC_URL, and find one of the others there.
      const isPassedOn = state.passesOn && carriers.find(name)?.capabilities.reopensStreams === true;
      const why = (isPassedOn ? null : state.draining) ?? lines.refusal();
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
  const outboundHold = opened.use(
    openDatabaseHold({
      database,
      callbacks,
      carriers: () => carriers.all.map(({ carrier }) => carrier),
      folder: config.dataDir,
      leaseMs: (times.scheduler ?? defaultSchedulerTimes).leaseMs,
      clock,
      log,
      times: times.outboundHold,
    }),
  );
  const scheduler = opened.use(
    openScheduler({
      replicaId,
      version: manifest.version,
      callbacks,
      replicas: outboundHold.guarding(openReplicaStore(database)),
      database,
      carrierOf: (name) => carriers.find(name),
      linesFree: () => lines.linesFree(),
      vendorsDown: (agent) => vendorHealth.downFor(agent),
      vendorsTried: (agent) => vendorHealth.tried(agent),
      onPlaced(dial) {
        metrics.dialed({ isFirst: dial.callback.attemptsMade === 0, lateMs: dial.lateMs });
        lines.expect(dial.attempt.callId, lineNeededMs(dial));
        tasks.add(prepareOpening(dial));
      },
      onAnswered: (answer) => metrics.carrierAnswered(answer),
      setAside: openSetAsideStore({ database, onLostHint }),
      clock,
      log,
      random,
      ...(times.scheduler === undefined ? {} : { times: times.scheduler }),
    }),
  );

  /** Thinks of the first words while it rings. */
  async function prepareOpening({ attempt, callback, agent }: PlacedDial): Promise<void> {
    const call = dialledCall(attempt, callback, attempt.startedAt);
    liveCalls.prepare(await briefCall(conversations, call), lineNeededMs({ agent }));
  }

  const owned = opened.move();
  return {
    callbacks,
    records,
    liveCalls,
    lines,
    switchboard,
    carriers,
    outboundHold,
    scheduler,
    vendorHealth,
    onEnded,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** How long somebody may take to answer. */
function lineNeededMs({ agent }: Pick<PlacedDial, 'agent'>): number {
  return (agent.callbackPolicy.ringTimeoutSeconds + 10) * 1000;
}
