import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unless } from './files.ts';

/** The account that the server runs as; undefined for the account of this process. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Accounts that exist for this, or that own nothing; the first that is there is taken. None is ever created. */
const candidates = ['postgres', '_postgres', 'nobody', 'daemon'];

/** True when this process may not run Postgres itself: Postgres refuses root. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** An unprivileged account for the server, or undefined when the machine has none that fits. */
export async function findAccount(): Promise<Account | undefined> {
  const accounts = await readAccounts();
  return candidates
    .map((name) => accounts.find((account) => account.name === name))
    .find((account) => account !== undefined && account.uid !== 0);
}

/** The account with this id: an existing cluster goes on under the owner that it has. */
export async function accountOf(uid: number): Promise<Account | undefined> {
  return (await readAccounts()).find((account) => account.uid === uid);
}

async function readAccounts(): Promise<Account[]> {
  const text = (await unless(['ENOENT'], readFile('/etc/passwd', 'utf8'))) ?? '';
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || uid === undefined || gid === undefined || !/^\d+$/.test(uid) || !/^\d+$/.test(gid))
      return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

/**
 * True when the account can get to this path: each folder above it lets it pass. Says no when in doubt (access lists
 * are not looked at), which costs a copy elsewhere and never a start that fails.
 */
export async function canReach(account: Account, path: string): Promise<boolean> {
  let folder = await realpath(path);
  for (;;) {
    const { uid, gid, mode } = await stat(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    const parent = dirname(folder);
    if (parent === folder) return true;
    folder = parent;
  }
}
