import { chmod, lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';

/** The `code` of a Node system error (`EACCES`, `ENOENT`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** `work`, or undefined when it fails with one of these codes. */
export async function unless<T>(codes: readonly string[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codes.includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Replaces a file in one step, readable by its owner alone: a reader sees the old or the new one, whole. */
export async function writePrivately(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The file's text, or undefined when there is none. */
export function readIfThere(path: string): Promise<string | undefined> {
  return unless(['ENOENT'], readFile(path, 'utf8'));
}

/** True when something stands at this path, a dangling link included. */
export async function exists(path: string): Promise<boolean> {
  return (await unless(['ENOENT', 'ENOTDIR'], lstat(path))) !== undefined;
}

/**
 * Makes the folder with exactly this mode if there is none.
 *
 * Something else at this place, a folder of another owner, or one in which others may write is refused: in a folder
 * like /var/tmp anybody may have put it there, or a link to a place of their choice.
 *
 * @throws Error with a sentence
 */
export async function ensureOwnFolder(path: string, mode: number, ownerId: number | undefined): Promise<void> {
  await unless(['EEXIST'], mkdir(path, { mode }));
  const found = await lstat(path);
  if (!found.isDirectory()) throw new Error(`${path} is not a folder`);
  if (ownerId !== undefined && found.uid !== ownerId) throw new Error(`${path} belongs to another account`);
  if ((found.mode & 0o022) !== 0) throw new Error(`${path} can be written by others`);
  // mkdir's mode is cut by the umask.
  if ((found.mode & 0o777) !== mode) await chmod(path, mode);
}
