import { chmod, chown, lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import { canReach, findAccount, isRoot } from '../../../db/embedded/account.ts';
import { readRecord } from '../../../db/embedded/cluster.ts';
import { isAlive } from '../../../db/embedded/process-identity.ts';
import { findEmbeddedPostgres, startEmbeddedPostgres, type EmbeddedPostgres } from '../../../db/embedded-postgres.ts';
import { openFolder } from '../../support/folder.ts';
import { startChild, type Child } from '../../support/child.ts';

function start(dataDir: string, log: string[] = []): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({
    dataDir,
    log: (message) => log.push(message),
    settings: { fsync: 'off' },
    initFlags: ['--no-sync'],
  });
}

/** One statement on a connection of its own. */
async function ask(url: string, statement: string): Promise<unknown[]> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => undefined });
  try {
    return [...(await sql.unsafe(statement))];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function urlOf(child: Child): Promise<string> {
  const said = JSON.parse(await child.nextLine()) as { url?: string; error?: string };
  if (said.url === undefined) throw new Error(said.error);
  return said.url;
}

async function serverPid(dataDir: string): Promise<number> {
  const pid = (await readRecord(dataDir))?.server?.pid;
  if (pid === undefined) throw new Error('no server is recorded');
  return pid;
}

async function ended(pid: number): Promise<void> {
  await expect.poll(() => isAlive(pid), { timeout: 25_000, message: `process ${pid} to end` }).toBe(false);
}

const noted = 'create table if not exists noted (n int); insert into noted values (1)';

test('it starts on an empty folder, keeps what was written, and stops when disposed', async () => {
  await using place = await openFolder();
  const dataDir = join(place.path, 'new', 'data');
  let pid: number;
  {
    await using server = await start(dataDir);
    pid = await serverPid(dataDir);
    await ask(server.url, noted);
    expect(new URL(server.url).hostname).toBe('127.0.0.1');
    expect(await findEmbeddedPostgres(dataDir)).toBe(server.url);
  }
  expect(isAlive(pid)).toBe(false);
  expect(await findEmbeddedPostgres(dataDir)).toBeUndefined();
  await using again = await start(dataDir);
  expect(await ask(again.url, 'select n from noted')).toEqual([{ n: 1 }]);
});

test('nobody gets in without its password', async () => {
  await using place = await openFolder();
  await using server = await start(place.path);
  const wrong = new URL(server.url);
  wrong.password = 'guess';
  await expect(ask(wrong.href, 'select 1')).rejects.toThrow('password authentication failed');
  expect((await lstat(join(place.path, 'postgres.json'))).mode & 0o777).toBe(0o600);
});

test('a second owner of the folder is refused with one line, and the first goes on', async () => {
  await using place = await openFolder();
  await using child = startChild('hold-embedded.ts', [place.path]);
  const url = await urlOf(child);
  await expect(start(place.path)).rejects.toThrow(
    `DATA_DIR ${place.path} is in use by process ${child.pid}; stop it or set DATA_DIR to another folder`,
  );
  expect(await ask(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(await child.finish()).toBe(0);
});

test('of four that start at once on one folder, one gets it', async () => {
  await using place = await openFolder();
  await using opened = new AsyncDisposableStack();
  const children = Array.from({ length: 4 }, () => opened.use(startChild('hold-embedded.ts', [place.path])));
  const said = await Promise.all(
    children.map(async (child) => JSON.parse(await child.nextLine()) as { url?: string; error?: string }),
  );
  expect(said.filter((line) => line.url !== undefined)).toHaveLength(1);
  for (const { error } of said.filter((line) => line.url === undefined))
    expect(error).toMatch(/^DATA_DIR .* is in use by process \d+; stop it/);
  for (const child of children) await child.finish();
});

test('kill -9 of its owner ends the server too, and the next start has the data', async () => {
  await using place = await openFolder();
  await using child = startChild('hold-embedded.ts', [place.path]);
  await ask(await urlOf(child), noted);
  const pid = await serverPid(place.path);
  await child.kill('SIGKILL');
  // At once, while the old server may still be on its way out.
  await using server = await start(place.path);
  await ended(pid);
  expect(await ask(server.url, 'select n from noted')).toEqual([{ n: 1 }]);
});

test('a server that outlived its owner and its life line is stopped by the next start', async () => {
  await using place = await openFolder();
  await using child = startChild('hold-embedded.ts', [place.path]);
  const url = await urlOf(child);
  await ask(url, noted);
  const pid = await serverPid(place.path);
  for (const line of await lifeLinesOf(place.path, pid)) process.kill(line, 'SIGKILL');
  await child.kill('SIGKILL');
  expect(await ask(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  const log: string[] = [];
  await using server = await start(place.path, log);
  await ended(pid);
  expect(log).toContain(`stopped the Postgres ${pid} that a killed process left in ${place.path}`);
  expect(await ask(server.url, 'select n from noted')).toEqual([{ n: 1 }]);
});

test('a record left by a process whose id was given to another one holds nobody off', async () => {
  await using place = await openFolder();
  await using child = startChild('hold-embedded.ts', [place.path]);
  await urlOf(child);
  const record = JSON.parse(await readFile(join(place.path, 'owner.json'), 'utf8')) as Record<string, unknown>;
  await child.finish();
  await writeFile(join(place.path, 'owner.json'), JSON.stringify({ ...record, pid: process.pid }));
  await using server = await start(place.path);
  expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a server that dies by itself is started again under the same URL', async () => {
  await using place = await openFolder();
  const log: string[] = [];
  await using server = await start(place.path, log);
  await ask(server.url, noted);
  const pid = await serverPid(place.path);
  process.kill(pid, 'SIGKILL');
  await ended(pid);
  await expect
    .poll(() => ask(server.url, 'select n from noted').catch(() => 'away'), { timeout: 20_000 })
    .toEqual([{ n: 1 }]);
  expect(log).toContain('Postgres ended by itself and is started again');
});

test('a folder that was moved takes its database along', async () => {
  await using place = await openFolder();
  const before = join(place.path, 'before');
  const after = join(place.path, 'after');
  {
    await using server = await start(before);
    await ask(server.url, noted);
  }
  await rename(before, after);
  await using server = await start(after);
  expect(await ask(server.url, 'select n from noted')).toEqual([{ n: 1 }]);
});

test('a start that is aborted leaves no process and no owner behind', async () => {
  await using place = await openFolder();
  const stop = new AbortController();
  const starting = startEmbeddedPostgres({
    dataDir: place.path,
    log: () => undefined,
    signal: stop.signal,
  });
  await expect.poll(() => readdir(place.path)).toContain('owner.json');
  stop.abort(new Error('stopped by a person'));
  await expect(starting).rejects.toThrow('stopped by a person');
  expect(await readdir(place.path)).not.toContain('owner.json');
  await using server = await start(place.path);
  expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a DATA_DIR that is a file is refused with one line that names it and the cure', async () => {
  await using place = await openFolder();
  const file = join(place.path, 'file');
  await writeFile(file, '');
  await expect(start(file)).rejects.toThrow(
    `DATA_DIR ${file} cannot be used (it is not a folder); make it writable or set DATA_DIR to another folder`,
  );
  await expect(start(join(file, 'below'))).rejects.toThrow('a part of it is not a folder');
});

test('a cluster of another Postgres is refused instead of ruined', async () => {
  await using place = await openFolder();
  await (await start(place.path))[Symbol.asyncDispose]();
  await writeFile(join(place.path, 'postgres', 'cluster', 'PG_VERSION'), '12\n');
  await expect(start(place.path)).rejects.toThrow(
    'it holds a Postgres 12 database and this version brings Postgres 18',
  );
});

const repository = join(import.meta.dirname, '..', '..', '..');
const account = isRoot() ? await findAccount() : undefined;
/** The ordinary account runs this repository's own files; below a closed home it cannot. */
const reachable = account !== undefined && (await canReach(account, repository));

describe.runIf(account !== undefined)('started as root', () => {
  const other = account ?? { name: '', uid: 0, gid: 0 };

  test('the server runs as an ordinary account, in the folder when that account can get there', async () => {
    await using place = await openFolder();
    await using server = await start(place.path);
    const cluster = await lstat(join(place.path, 'postgres', 'cluster'));
    expect({ uid: cluster.uid, mode: cluster.mode & 0o777 }).toEqual({
      uid: other.uid,
      mode: 0o700,
    });
    expect((await lstat(`/proc/${await serverPid(place.path)}`)).uid).toBe(other.uid);
    expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('below a home that others cannot enter, the cluster lies in a folder of the system and is found again', async () => {
    await using home = await openFolder(0o700);
    await using system = await openFolder(0o755);
    const dataDir = join(home.path, '.data');
    const open = (): Promise<EmbeddedPostgres> =>
      startEmbeddedPostgres({
        dataDir,
        log: () => undefined,
        systemFolders: [system.path],
        initFlags: ['--no-sync'],
      });
    {
      await using server = await open();
      await ask(server.url, noted);
      expect(await readdir(join(system.path, 'ringback'))).toHaveLength(1);
      expect(await readdir(dataDir)).not.toContain('postgres');
    }
    await using server = await open();
    expect(await ask(server.url, 'select n from noted')).toEqual([{ n: 1 }]);
  });

  test('a deleted DATA_DIR starts afresh, with the old cluster kept aside', async () => {
    await using home = await openFolder(0o700);
    await using system = await openFolder(0o755);
    const dataDir = join(home.path, '.data');
    const open = (): Promise<EmbeddedPostgres> =>
      startEmbeddedPostgres({
        dataDir,
        log: () => undefined,
        systemFolders: [system.path],
        initFlags: ['--no-sync'],
      });
    {
      await using server = await open();
      await ask(server.url, noted);
    }
    await rm(dataDir, { recursive: true });
    await using server = await open();
    await expect(ask(server.url, 'select n from noted')).rejects.toThrow('does not exist');
    const [key = ''] = await readdir(join(system.path, 'ringback'));
    expect(await readdir(join(system.path, 'ringback', key))).toContain('cluster.previous');
  });

  test('a folder that somebody else put in the place of ours is not used', async () => {
    await using home = await openFolder(0o700);
    await using system = await openFolder(0o755);
    const trap = join(system.path, 'ringback');
    await mkdir(trap);
    await chmod(trap, 0o777);
    await expect(
      startEmbeddedPostgres({
        dataDir: join(home.path, '.data'),
        log: () => undefined,
        systemFolders: [system.path],
      }),
    ).rejects.toThrow(`${trap} can be written by others`);
  });

  test.runIf(reachable)('an ordinary user starts it, and root after that', async () => {
    await using place = await openFolder();
    const dataDir = join(place.path, 'data');
    await mkdir(dataDir);
    await chown(dataDir, other.uid, other.gid);
    for (const who of [other, undefined, other]) {
      await using child = startChild('hold-embedded.ts', [dataDir], who);
      const url = await urlOf(child);
      await ask(url, noted);
      expect((await lstat(`/proc/${await serverPid(dataDir)}`)).uid).toBe(other.uid);
      expect(await child.finish()).toBe(0);
    }
  });

  test.runIf(reachable)('an ordinary user is told that a folder is not writable', async () => {
    await using place = await openFolder(0o755);
    await using child = startChild('hold-embedded.ts', [join(place.path, 'data')], other);
    expect(JSON.parse(await child.nextLine())).toEqual({
      error: `DATA_DIR ${join(place.path, 'data')} cannot be used (it is not writable); make it writable or set DATA_DIR to another folder`,
    });
  });
});

/** The processes that wait for the end of the owner: shells whose command line names the cluster. */
async function lifeLinesOf(dataDir: string, server: number): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === server) continue;
    const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (command.startsWith('/bin/sh') && command.includes(dataDir)) found.push(Number(entry));
  }
  expect(found).toHaveLength(1);
  return found;
}
