import { mkdir, realpath } from 'node:fs/promises';
import { systemClock, type Clock } from '../src/clock.ts';
import { isRingbackError, RingbackError } from '../src/errors.ts';
import { isRoot } from './embedded/account.ts';
import { findPackage, prepareBinaries } from './embedded/binaries.ts';
import {
  clusterUser,
  ensureCluster,
  findPlace,
  readRecord,
  unusable,
  writeRecord,
  type ClusterRecord,
} from './embedded/cluster.ts';
import { exists, systemCode } from './embedded/files.ts';
import { findOwner, takeOwnership } from './embedded/ownership.ts';
import { isAlive } from './embedded/process-identity.ts';
import { findFreePort, ServerStartError, startServer, stopOrphan, type Server } from './embedded/server.ts';

/** Ports tried when another program takes the one that was free a moment ago. */
const MAX_PORT_TRIES = 5;
/** Starts tried while the sessions of a killed server still hold its memory. */
const MAX_MEMORY_TRIES = 50;
const MEMORY_PAUSE_MS = 200;
const RESTART_FROM_MS = 200;
const RESTART_TO_MS = 5_000;

/** A Postgres of our own. Whoever started it disposes it, which stops it; it also stops when this process ends in any way. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /** On 127.0.0.1 with a random port and password; the same for as long as this lives, also when the server had to be restarted. */
  readonly url: string;
}

export interface EmbeddedPostgresOptions {
  /** Made if missing. The cluster lies in it, or where `postgres.json` in it says. */
  readonly dataDir: string;
  /** Told about starts, restarts and orphans, in sentences without secrets. */
  readonly log: (message: string) => void;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Settings of the server on top of ours (`fsync`, `max_connections`), and flags for initdb. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly initFlags?: readonly string[];
  /** Where root makes its folder when the server's account cannot get to DATA_DIR; /var/lib first, if not named. */
  readonly systemFolders?: readonly string[];
}

/**
 * Starts the embedded Postgres on a data directory of which this process becomes the one owner.
 *
 * As root it runs the server as an existing unprivileged account, and puts programs and cluster below /var/lib/ringback
 * when that account cannot get to the clone or to DATA_DIR. A server that a killed owner left behind is stopped first.
 *
 * @throws `data_dir_in_use`, `data_dir_unusable`, `embedded_postgres_missing`, each one line with the cure; `signal.reason`
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log, clock = systemClock } = options;
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  try {
    const dataDir = await prepareDataDir(options.dataDir);
    await using held = new AsyncDisposableStack();
    held.use(await takeOwnership(dataDir, clock, signal));
    const place = await findPlace(dataDir, options.systemFolders);
    if (place.record !== undefined) {
      const orphan = await stopOrphan(place.record.clusterDir, clock, signal);
      if (orphan !== undefined) log(`stopped the Postgres ${orphan} that a killed process left in ${dataDir}`);
    }
    const binaries = await prepareBinaries(await findPackage(), place.account, place.base, signal);
    const record = await ensureCluster(place, binaries, options.initFlags ?? [], signal);
    const start = (port: number, within: AbortSignal): Promise<Server> =>
      startServer({
        postgres: binaries.postgres,
        clusterDir: record.clusterDir,
        account: place.account,
        port,
        settings: options.settings ?? {},
        clock,
        signal: within,
      });
    const { server, port } = await startPatiently((port) => start(port, signal), dataDir, clock, signal);
    const running = held.use(
      keepRunning({
        server,
        // What stops the start must not keep a running server from being started again.
        restart: () => start(port, stop.signal),
        clock,
        log,
        stop,
        onStart: (pid) => writeRecord(dataDir, { ...record, server: { pid, port } }),
      }),
    );
    await running.recorded;
    log(
      `Postgres runs on 127.0.0.1:${port}${place.account === undefined ? '' : ` as ${place.account.name}`}, its data in ${record.clusterDir}`,
    );
    const owned = held.move();
    return { url: urlOf(record, port), [Symbol.asyncDispose]: () => owned.disposeAsync() };
  } catch (error) {
    throw explain(error, options.dataDir);
  }
}

/**
 * For a command line tool beside the gateway: the embedded Postgres that runs on this data directory, or else one
 * started for the tool. Disposing stops only what was started here.
 */
export async function reachEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const url = await findEmbeddedPostgres(options.dataDir);
  if (url === undefined) return await startEmbeddedPostgres(options);
  return { url, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/**
 * The URL of the embedded Postgres that another process runs on this data directory, for a command line tool beside
 * it; undefined when none runs.
 */
export async function findEmbeddedPostgres(dataDir: string): Promise<string | undefined> {
  if (!(await exists(dataDir))) return undefined;
  const folder = await realpath(dataDir);
  if ((await findOwner(folder, AbortSignal.timeout(5_000))) === undefined) return undefined;
  const record = await readRecord(folder);
  return record?.server == null || !isAlive(record.server.pid) ? undefined : urlOf(record, record.server.port);
}

function urlOf(record: ClusterRecord, port: number): string {
  return `postgres://${clusterUser}:${record.password}@127.0.0.1:${port}/postgres`;
}

async function prepareDataDir(dataDir: string): Promise<string> {
  // As root the server's account must be able to pass through, and see nothing else.
  try {
    await mkdir(dataDir, { recursive: true, mode: isRoot() ? 0o711 : 0o700 });
  } catch (cause) {
    const why = words[systemCode(cause) ?? ''] ?? 'it cannot be made';
    throw new RingbackError('data_dir_unusable', [dataDir, why], { cause });
  }
  return await realpath(dataDir);
}

async function startPatiently(
  start: (port: number) => Promise<Server>,
  dataDir: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ server: Server; port: number }> {
  let portTries = 0;
  for (let memoryTries = 0; ;) {
    const port = await findFreePort();
    try {
      return { server: await start(port), port };
    } catch (error) {
      if (!(error instanceof ServerStartError)) throw error;
      const said = error.lines.join('\n');
      if (said.includes('Address already in use') && ++portTries < MAX_PORT_TRIES) continue;
      if (said.includes('pre-existing shared memory block') && ++memoryTries < MAX_MEMORY_TRIES) {
        await clock.sleep(MEMORY_PAUSE_MS, signal);
        continue;
      }
      if (/lock file "postmaster.pid" already exists/.test(said))
        throw new RingbackError('data_dir_in_use', [dataDir, /PID (\d+)/.exec(said)?.[1] ?? 'of unknown id'], {
          cause: error,
        });
      throw error;
    }
  }
}

/** Starts the server again, on the same port, whenever it ends without being told to. */
function keepRunning(options: {
  server: Server;
  restart: () => Promise<Server>;
  onStart: (pid: number) => Promise<void>;
  clock: Clock;
  log: (message: string) => void;
  stop: AbortController;
}): AsyncDisposable & { readonly recorded: Promise<void> } {
  const { clock, log, stop, onStart } = options;
  let server = options.server;
  const ending = Promise.withResolvers<void>();
  const recorded = onStart(server.pid);
  const watch = async (): Promise<void> => {
    for (;;) {
      await Promise.race([server.ended, ending.promise]);
      if (stop.signal.aborted) return;
      log('Postgres ended by itself and is started again');
      await restart();
    }
  };
  const restart = async (): Promise<void> => {
    for (let pauseMs = RESTART_FROM_MS; !stop.signal.aborted; pauseMs = Math.min(RESTART_TO_MS, pauseMs * 2)) {
      try {
        await clock.sleep(pauseMs, stop.signal);
        server = await options.restart();
        await onStart(server.pid);
        return;
      } catch (error) {
        if (!stop.signal.aborted) log(error instanceof Error ? error.message : 'Postgres did not start');
      }
    }
  };
  const watching = watch();
  return {
    recorded,
    async [Symbol.asyncDispose]() {
      stop.abort(new RingbackError('stopping'));
      ending.resolve();
      await watching;
      await server.stop();
    },
  };
}

const words: Record<string, string> = {
  EACCES: 'it is not writable',
  EPERM: 'it is not writable',
  EROFS: 'it is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of it is not a folder',
  EEXIST: 'it is not a folder',
};

/** Each way to fail as one line that names DATA_DIR and the cure. */
function explain(error: unknown, dataDir: string): unknown {
  if (isRingbackError(error)) return error;
  if (error instanceof ServerStartError) return unusable(dataDir, error.lines.join('\n'));
  const code = systemCode(error);
  if (code !== undefined && words[code] !== undefined)
    return new RingbackError('data_dir_unusable', [dataDir, words[code]], { cause: error });
  return error;
}
