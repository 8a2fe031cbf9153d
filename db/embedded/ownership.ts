import { randomUUID } from 'node:crypto';
import { link, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock, Timer } from '../../src/clock.ts';
import { RingbackError } from '../../src/errors.ts';
import { readIfThere, unless } from './files.ts';
import { birthOf, ownPidSpace, type PidSpace } from './process-identity.ts';

/** How often the owner shows that it lives, and how long a stranger waits to see that. */
const TOUCH_EVERY_MS = 2_000;
const WATCH_FOR_MS = 6_000;
const WATCH_EVERY_MS = 250;
const MAX_TRIES = 20;

const ownerRecord = z.object({
  token: z.string(),
  pid: z.number(),
  birth: z.string(),
  host: z.string(),
  boot: z.string(),
  namespace: z.string(),
});
type OwnerRecord = z.infer<typeof ownerRecord>;

/**
 * Makes this process the one owner of the data directory, until disposed.
 *
 * The owner is named in `owner.json` by process id and birth, so a record left by kill -9 is seen as such even when the
 * id has been given to another process. A record of another container or machine (a shared volume) cannot be checked
 * that way: its owner touches the file, and a stranger watches for that.
 *
 * @throws `data_dir_in_use`, or the file system's error
 */
export async function takeOwnership(dataDir: string, clock: Clock, signal: AbortSignal): Promise<AsyncDisposable> {
  const path = join(dataDir, 'owner.json');
  const space = await ownPidSpace();
  const record: OwnerRecord = {
    token: randomUUID(),
    pid: process.pid,
    birth: (await birthOf(process.pid, signal)) ?? '',
    ...space,
  };
  const draft = join(dataDir, `.owner-${record.token}.tmp`);
  await writeFile(draft, `${JSON.stringify(record)}\n`, { flag: 'wx', mode: 0o600 });
  try {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      // link() succeeds for exactly one of many.
      if (
        (await unless(
          ['EEXIST'],
          link(draft, path).then(() => true),
        )) === true
      )
        return keepTouched(path, record, clock);
      const holder = await readHolder(path);
      if (holder === undefined) continue;
      if (await lives(path, holder, space, clock, signal))
        throw new RingbackError('data_dir_in_use', [dataDir, describe(holder, space)]);
      await removeStale(path, holder, draft);
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw new RingbackError('data_dir_in_use', [dataDir, 'another starting process']);
}

async function readHolder(path: string): Promise<OwnerRecord | 'unreadable' | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return ownerRecord.parse(JSON.parse(text));
  } catch {
    // A disk that was full, an editor: a record that names nobody holds nobody off once nobody touches it.
    return 'unreadable';
  }
}

async function lives(
  path: string,
  holder: OwnerRecord | 'unreadable',
  space: PidSpace,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  if (holder !== 'unreadable') {
    if (holder.boot === space.boot && holder.namespace === space.namespace && holder.host === space.host) {
      return (await birthOf(holder.pid, signal)) === holder.birth;
    }
    // The same machine after a restart: nothing that ran before runs now.
    if (holder.host === space.host && holder.boot !== space.boot && holder.boot !== '') return false;
  }
  const seen = await touchedAt(path);
  const untilMs = clock.nowMs() + WATCH_FOR_MS;
  while (clock.nowMs() < untilMs) {
    await clock.sleep(WATCH_EVERY_MS, signal);
    if ((await touchedAt(path)) !== seen) return true;
  }
  return false;
}

async function touchedAt(path: string): Promise<number | undefined> {
  return (await unless(['ENOENT'], stat(path)))?.mtimeMs;
}

/** Takes a stale record away; when another starter's fresh one was caught instead, puts that back. */
async function removeStale(path: string, judged: OwnerRecord | 'unreadable', draft: string): Promise<void> {
  const aside = `${draft}.stale`;
  if (
    (await unless(
      ['ENOENT'],
      rename(path, aside).then(() => true),
    )) !== true
  )
    return;
  const caught = await readHolder(aside);
  const same =
    caught === judged || (typeof caught === 'object' && typeof judged === 'object' && caught.token === judged.token);
  if (!same) await unless(['EEXIST'], link(aside, path));
  await rm(aside, { force: true });
}

function keepTouched(path: string, record: OwnerRecord, clock: Clock): AsyncDisposable {
  let timer: Timer;
  let touching: Promise<void> = Promise.resolve();
  let disposed = false;
  const touch = async (): Promise<void> => {
    const now = clock.instant().epochMilliseconds / 1000;
    // The folder may be gone, or the disk read-only: the database says so itself, with its own words.
    await unless(['ENOENT', 'EROFS', 'EACCES', 'EPERM', 'EIO'], utimes(path, now, now));
    if (!disposed) arm();
  };
  const arm = (): void => {
    timer = clock.setTimer(TOUCH_EVERY_MS, () => {
      touching = touch();
    });
  };
  arm();
  return {
    async [Symbol.asyncDispose]() {
      disposed = true;
      timer.cancel();
      await touching;
      const text = await readIfThere(path);
      // Somebody may have taken over from us; what is theirs stays.
      if (text !== undefined && text.includes(record.token)) await rm(path, { force: true });
    },
  };
}

function describe(holder: OwnerRecord | 'unreadable', space: PidSpace): string {
  if (holder === 'unreadable') return 'of unknown id';
  return holder.host === space.host ? String(holder.pid) : `${holder.pid} on host ${holder.host}`;
}

/** The process id of the live owner in this process's own pid space, or undefined. */
export async function findOwner(dataDir: string, signal: AbortSignal): Promise<number | undefined> {
  const holder = await readHolder(join(dataDir, 'owner.json'));
  if (holder === undefined || holder === 'unreadable') return undefined;
  return (await birthOf(holder.pid, signal)) === holder.birth ? holder.pid : undefined;
}
