import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { chmod, lchown, lstat, mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { RingbackError } from '../../src/errors.ts';
import { accountOf, canReach, findAccount, isRoot, type Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { ensureOwnFolder, exists, readIfThere, systemCode, writePrivately } from './files.ts';
import { runAs } from './run.ts';

const INIT_WITHIN_MS = 120_000;
/** Folders of the system in which root makes one of its own, when DATA_DIR lies where no other account can get to. */
const systemFolders: readonly string[] = ['/var/lib', '/var/db', '/var/tmp'];

/** The one user of the cluster. Loopback only, with a password that nobody needs to know. */
export const clusterUser = 'ringback';

/**
 * Kept in DATA_DIR/postgres.json: where the cluster lies and how to get in. `server` while one runs. Inside of DATA_DIR
 * the file names the cluster by its relative path, so that DATA_DIR can be moved.
 */
const clusterRecord = z.object({
  clusterDir: z.string(),
  password: z.string(),
  server: z.object({ pid: z.number(), port: z.number() }).nullable(),
});
export type ClusterRecord = z.infer<typeof clusterRecord>;

/** Where the cluster of a data directory lies or will lie, and as whom it runs. */
export interface Place {
  readonly dataDir: string;
  readonly account: Account | undefined;
  /** Of the cluster when there is one already. */
  readonly record: ClusterRecord | undefined;
  /** Makes the folder above the cluster, and for copies of the programs, if need be. */
  readonly base: () => Promise<string>;
}

/** Where the cluster of a data folder is, or is to be, and which account runs it. */
export async function findPlace(dataDir: string, parents: readonly string[] = systemFolders): Promise<Place> {
  const record = await readRecord(dataDir);
  const existing = record !== undefined && (await exists(record.clusterDir)) ? record : undefined;
  const account =
    existing === undefined ? await accountForNew() : await accountForExisting(dataDir, existing.clusterDir);
  const base = async (): Promise<string> => {
    if (account !== undefined && !(await canReach(account, dataDir)))
      return await systemFolder(dataDir, account, parents);
    const folder = join(dataDir, 'postgres');
    // An existing one may have been made by the ordinary account that root now runs the server as.
    if (existing === undefined || !(await exists(folder)))
      await ensureOwnFolder(folder, account === undefined ? 0o700 : 0o711, process.getuid?.());
    return folder;
  };
  return { dataDir, account, record: existing, base };
}

/**
 * Makes the cluster if there is none, and says how to get in.
 *
 * A crash on any line leaves either no cluster or a whole one with its record: the cluster appears by a rename, after
 * its record.
 */
export async function ensureCluster(
  place: Place,
  binaries: Binaries,
  flags: readonly string[],
  signal: AbortSignal,
): Promise<ClusterRecord> {
  if (place.record !== undefined) {
    const major = (await readFile(join(place.record.clusterDir, 'PG_VERSION'), 'utf8')).trim();
    if (major === binaries.major) return place.record;
    throw new RingbackError('data_dir_unusable', [
      place.dataDir,
      `it holds a Postgres ${major} database and this version brings Postgres ${binaries.major}`,
    ]);
  }
  const base = await place.base();
  const clusterDir = join(base, 'cluster');
  await clear(base, clusterDir);
  const fresh = join(base, `initialising-${randomUUID()}`);
  const passwordFile = `${fresh}.password`;
  const password = randomBytes(24).toString('base64url');
  try {
    await mkdir(fresh, { mode: 0o700 });
    await writeFile(passwordFile, `${password}\n`, { flag: 'wx', mode: 0o600 });
    if (place.account !== undefined) {
      for (const path of [fresh, passwordFile]) await lchown(path, place.account.uid, place.account.gid);
    }
    const { code, output } = await runAs(
      place.account,
      binaries.initdb,
      [
        '-D',
        fresh,
        '-U',
        clusterUser,
        '-A',
        'scram-sha-256',
        `--pwfile=${passwordFile}`,
        '-E',
        'UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-instructions',
        ...flags,
      ],
      AbortSignal.any([signal, AbortSignal.timeout(INIT_WITHIN_MS)]),
    );
    if (code !== 0) throw unusable(place.dataDir, output);
    const record = { clusterDir, password, server: null };
    await writeRecord(place.dataDir, record);
    await rename(fresh, clusterDir);
    return record;
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** `data_dir_unusable` in words for what a program of Postgres printed. */
export function unusable(dataDir: string, output: string): RingbackError {
  const line =
    output
      .trim()
      .split('\n')
      .findLast((text) => /error|fatal|panic/i.test(text)) ??
    output.trim().split('\n').at(-1) ??
    '';
  const why = output.includes('No space left on device')
    ? 'the disk is full'
    : line.replace(/^.*?(error|FATAL|PANIC): +/i, '');
  return new RingbackError('data_dir_unusable', [dataDir, why]);
}

/** The record, or undefined when there is none. */
export async function readRecord(dataDir: string): Promise<ClusterRecord | undefined> {
  const path = join(dataDir, 'postgres.json');
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const read = clusterRecord.safeParse(parse(text));
  if (!read.success) throw new RingbackError('data_dir_unusable', [dataDir, 'postgres.json in it cannot be read']);
  const inside = join(dataDir, 'postgres', 'cluster');
  const clusterDir = resolve(dataDir, read.data.clusterDir);
  // Whoever else may write here does not choose a folder for root to run a server in.
  const trusted = clusterDir === inside || !isRoot() || (await lstat(path)).uid === 0;
  return { ...read.data, clusterDir: trusted ? clusterDir : inside };
}

/** Keeps where the cluster is and how it is reached, readable by its owner alone; whole or not at all. */
export async function writeRecord(dataDir: string, record: ClusterRecord): Promise<void> {
  const path = join(dataDir, 'postgres.json');
  const within = relative(dataDir, record.clusterDir);
  const clusterDir = within.startsWith('..') ? record.clusterDir : within;
  await writePrivately(path, `${JSON.stringify({ ...record, clusterDir })}\n`);
  const { uid, gid } = await lstat(dataDir);
  // Started once as root, the folder of an ordinary account stays usable for that account.
  if (isRoot() && uid !== 0) await lchown(path, uid, gid);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is not JSON is not a record; the schema refuses it.
    return undefined;
  }
}

async function accountForNew(): Promise<Account | undefined> {
  if (!isRoot()) return undefined;
  const account = await findAccount();
  if (account !== undefined) return account;
  throw new RingbackError('embedded_postgres_missing', [
    'Postgres refuses to run as root and this system has no account postgres, nobody or daemon: start as an ordinary user',
  ]);
}

async function accountForExisting(dataDir: string, clusterDir: string): Promise<Account | undefined> {
  const found = await lstat(clusterDir);
  if (!found.isDirectory()) throw new RingbackError('data_dir_unusable', [dataDir, `${clusterDir} is not a folder`]);
  if (isRoot()) {
    if (found.uid === 0)
      throw new RingbackError('data_dir_unusable', [
        dataDir,
        `its database ${clusterDir} belongs to root, as whom Postgres does not run`,
      ]);
    return (await accountOf(found.uid)) ?? { name: String(found.uid), uid: found.uid, gid: found.gid };
  }
  if (process.getuid !== undefined && found.uid !== process.getuid()) {
    throw new RingbackError('data_dir_unusable', [
      dataDir,
      `its database belongs to the account with id ${found.uid}: start as that account or as root`,
    ]);
  }
  return undefined;
}

/** One folder per data directory below a folder of root's own. */
async function systemFolder(dataDir: string, account: Account, parents: readonly string[]): Promise<string> {
  const key = createHash('sha256')
    .update(await realpath(dataDir))
    .digest('hex')
    .slice(0, 16);
  const refusals: string[] = [];
  for (const parent of parents) {
    try {
      const shared = join(parent, 'ringback');
      await ensureOwnFolder(shared, 0o711, 0);
      await ensureOwnFolder(join(shared, key), 0o711, 0);
      if (await canReach(account, join(shared, key))) return join(shared, key);
      refusals.push(`${parent} is closed to the account ${account.name}`);
    } catch (error) {
      refusals.push(`${parent}: ${systemCode(error) ?? (error instanceof Error ? error.message : 'unusable')}`);
    }
  }
  throw new RingbackError('data_dir_unusable', [
    dataDir,
    `the account ${account.name}, as which Postgres must run, cannot get there, nor is there another place (${refusals.join('; ')})`,
  ]);
}

/** Clears what a crash left. A cluster without a record is one whose DATA_DIR was deleted: kept aside, once. */
async function clear(base: string, clusterDir: string): Promise<void> {
  for (const name of await readdir(base)) {
    if (/^(initialising|copying)-/.test(name)) await rm(join(base, name), { recursive: true, force: true });
  }
  if (!(await exists(clusterDir))) return;
  const aside = `${clusterDir}.previous`;
  await rm(aside, { recursive: true, force: true });
  await rename(clusterDir, aside);
  await chmod(aside, 0o700);
}
