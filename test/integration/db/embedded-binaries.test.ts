import { chmod, cp, lstat, mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { findAccount, isRoot } from '../../../db/embedded/account.ts';
import { findPackage, prepareBinaries, type PostgresPackage } from '../../../db/embedded/binaries.ts';

const { signal } = new AbortController();

/** The package as npm leaves it when install scripts are skipped: without its links, and executable for nobody. */
async function installWithoutScripts(mode: number): Promise<PostgresPackage & AsyncDisposable> {
  const found = await findPackage();
  const root = await mkdtemp(join(tmpdir(), 'ringback-package-'));
  const native = join(root, 'native');
  await cp(found.native, native, { recursive: true, verbatimSymlinks: true });
  for (const name of await readdir(join(native, 'lib'))) {
    const file = join(native, 'lib', name);
    if ((await lstat(file)).isSymbolicLink()) await rm(file);
  }
  await chmod(join(native, 'bin', 'postgres'), 0o644);
  await chmod(root, mode);
  return { ...found, native, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

async function linksIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isSymbolicLink()).map((entry) => entry.name);
}

function noCopies(): Promise<string> {
  return Promise.reject(new Error('a copy was asked for'));
}

test('links that a skipped install script left out are made where the package lies', async () => {
  await using found = await installWithoutScripts(0o755);
  const binaries = await prepareBinaries(found, undefined, noCopies, signal);
  expect(binaries).toEqual({
    postgres: join(found.native, 'bin', 'postgres'),
    initdb: join(found.native, 'bin', 'initdb'),
    major: '18',
  });
  expect(await linksIn(join(found.native, 'lib'))).toHaveLength(14);
  expect(await readlink(join(found.native, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
  // Again on what is already right.
  expect(await prepareBinaries(found, undefined, noCopies, signal)).toEqual(binaries);
});

test('two that prepare the same package at once do not disturb each other', async () => {
  await using found = await installWithoutScripts(0o755);
  const both = await Promise.all([
    prepareBinaries(found, undefined, noCopies, signal),
    prepareBinaries(found, undefined, noCopies, signal),
  ]);
  expect(both[0]).toEqual(both[1]);
});

test.runIf(isRoot())(
  'a package that the account cannot get to is copied once, for the account to run and not to change',
  async () => {
    const account = await findAccount();
    if (account === undefined) throw new Error('no account');
    await using found = await installWithoutScripts(0o700);
    const copies = await mkdtemp(join(tmpdir(), 'ringback-copies-'));
    try {
      await chmod(copies, 0o711);
      const both = await Promise.all([
        prepareBinaries(found, account, async () => copies, signal),
        prepareBinaries(found, account, async () => copies, signal),
      ]);
      expect(both[0]).toEqual(both[1]);
      expect(await readdir(copies)).toEqual([`postgres-${found.version}-${found.platform}`]);
      const native = dirname(dirname(both[0].postgres));
      expect(await linksIn(join(native, 'lib'))).toHaveLength(14);
      const { uid, mode } = await lstat(both[0].postgres);
      expect({ uid, mode: mode & 0o777 }).toEqual({ uid: 0, mode: 0o755 });
    } finally {
      await rm(copies, { recursive: true });
    }
  },
);

test('a package that cannot run here, or is not whole, is refused with the cure', async () => {
  await using found = await installWithoutScripts(0o755);
  const cure = /^the embedded Postgres is not available here \(.*\); set DATABASE_URL to a Postgres 14 or newer$/;
  await rm(join(found.native, 'lib', 'libicuuc.so.60.2'));
  await expect(prepareBinaries(found, undefined, noCopies, signal)).rejects.toThrow(cure);
  await rm(join(found.native, 'lib'), { recursive: true });
  await expect(prepareBinaries(found, undefined, noCopies, signal)).rejects.toThrow(cure);
});
