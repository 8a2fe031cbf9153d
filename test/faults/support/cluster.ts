import { rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import postgres from 'postgres';
import { findPackage, prepareBinaries } from '../../../db/embedded/binaries.ts';
import { clusterUser, ensureCluster, findPlace } from '../../../db/embedded/cluster.ts';
import type { Account } from '../../../db/embedded/account.ts';
import { runAs } from '../../../db/embedded/run.ts';
import { findFreePort, startServer, type Server } from '../../../db/embedded/server.ts';
import { systemClock } from '../../../src/clock.ts';
import { openFolder } from '../../support/folder.ts';
import { freezePostgres } from '../../support/freeze-postgres.ts';
import { until } from '../../support/until.ts';

const FOR_EVER = new AbortController().signal;

interface Made {
  readonly clusterDir: string;
  readonly password: string;
  readonly account: Account | undefined;
  readonly postgres: string;
}

/** All files of a cluster at one moment. Whoever made it disposes it, which removes them. */
export interface Backup extends AsyncDisposable {
  /** Puts them in the place of what is there now, and starts the server on them. */
  putBack(): Promise<void>;
}

/** A Postgres of a test's own that can be stopped, killed, frozen and copied. Whoever opens it closes it. */
export class Cluster implements AsyncDisposable {
  readonly port: number;
  /** Of its own database `postgres`, with the administrator's password; the same for as long as it lives. */
  readonly url: string;
  readonly #made: Made;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #opened: AsyncDisposableStack;
  #server: Server | null = null;

  private constructor(
    made: Made,
    port: number,
    settings: Readonly<Record<string, string>>,
    opened: AsyncDisposableStack,
  ) {
    this.#made = made;
    this.port = port;
    this.url = `postgres://${clusterUser}:${made.password}@127.0.0.1:${port}/postgres`;
    this.#settings = settings;
    this.#opened = opened;
  }

  /** Makes an empty one and starts it. What is committed survives any stop: only the machine must not lose power. */
  static async open(settings: Readonly<Record<string, string>> = {}): Promise<Cluster> {
    await using opened = new AsyncDisposableStack();
    const { path: dataDir } = opened.use(await openFolder());
    const place = await findPlace(dataDir);
    const binaries = await prepareBinaries(await findPackage(), place.account, place.base, FOR_EVER);
    const { clusterDir, password } = await ensureCluster(place, binaries, ['--no-sync'], FOR_EVER);
    const made = { clusterDir, password, account: place.account, postgres: binaries.postgres };
    // It may lie outside of the folder, where another account can get to.
    opened.defer(() => rm(dirname(clusterDir), { recursive: true, force: true }));
    const cluster = new Cluster(made, await findFreePort(), settings, opened.move());
    try {
      await cluster.start();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  async start(): Promise<void> {
    const { postgres: program, clusterDir, account } = this.#made;
    this.#server = await startServer({
      postgres: program,
      clusterDir,
      account,
      port: this.port,
      settings: { fsync: 'off', max_connections: '60', ...this.#settings },
      clock: systemClock,
      signal: FOR_EVER,
    });
  }

  /** `fast` ends sessions and writes a checkpoint, `immediate` is what a crash leaves behind. */
  async stop(mode: 'fast' | 'immediate'): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    if (mode === 'immediate') process.kill(server.pid, 'SIGQUIT');
    else await server.stop();
    await until('the end of Postgres', server.ended, 30_000);
  }

  /** Stops all of its processes where they are; disposing thaws them. */
  async freeze(): Promise<Disposable> {
    if (this.#server === null) throw new Error('a Postgres that is stopped cannot be frozen');
    return await freezePostgres(this.#server.pid);
  }

  /**
   * A standby on a port of its own, which follows through `primaryPort`: a proxy's, so that it can be cut off. Made while
   * this one is stopped, which it is for a moment.
   */
  async standby(primaryPort: number): Promise<Cluster> {
    const { clusterDir } = this.#made;
    await using opened = new AsyncDisposableStack();
    const copyDir = `${clusterDir}-standby`;
    opened.defer(() => rm(copyDir, { recursive: true, force: true }));
    await this.stop('fast');
    await copyFolder(clusterDir, copyDir);
    await this.start();
    const from = `host=127.0.0.1 port=${primaryPort} user=${clusterUser} password=${this.#made.password}`;
    await writeFile(`${copyDir}/standby.signal`, '');
    const settings = { ...this.#settings, primary_conninfo: from, wal_retrieve_retry_interval: '100ms' };
    const standby = new Cluster({ ...this.#made, clusterDir: copyDir }, await findFreePort(), settings, opened.move());
    try {
      await standby.start();
      return standby;
    } catch (error) {
      await standby[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** From now on a standby is a primary, on a timeline of its own. */
  async promote(): Promise<void> {
    await this.run('select pg_promote()');
  }

  /** One statement, or several without an answer, on a connection of their own. */
  async run(statement: string): Promise<readonly Record<string, unknown>[]> {
    await using own = await this.connect();
    return [...(await own.sql.unsafe(statement))];
  }

  /** A connection of the test's own. Whoever asks for it closes it. */
  async connect(max = 1): Promise<{ readonly sql: postgres.Sql } & AsyncDisposable> {
    const sql = postgres(this.url, { max, onnotice: () => undefined });
    return { sql, [Symbol.asyncDispose]: () => sql.end({ timeout: 2 }) };
  }

  /** A copy of all of its files, kept for `putBack`; it is stopped meanwhile. Disposing removes the copy. */
  async backUp(): Promise<Backup> {
    const { clusterDir } = this.#made;
    const copyDir = `${clusterDir}-backup`;
    await this.stop('fast');
    await copyFolder(clusterDir, copyDir);
    await this.start();
    return {
      putBack: async () => {
        await this.stop('fast');
        await rm(clusterDir, { recursive: true, force: true });
        await copyFolder(copyDir, clusterDir);
        await this.start();
      },
      [Symbol.asyncDispose]: () => rm(copyDir, { recursive: true, force: true }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('immediate');
    await this.#opened.disposeAsync();
  }
}

/** With owners and rights: the server refuses files that others may read. */
async function copyFolder(from: string, to: string): Promise<void> {
  const { code, output } = await runAs(undefined, '/bin/cp', ['-a', from, to], AbortSignal.timeout(60_000));
  if (code !== 0) throw new Error(`${from} could not be copied: ${output}`);
}
