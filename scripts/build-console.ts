import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUT = join(ROOT, 'dist', 'console');
const STAMP = join(OUT, 'built-from.sha256');
/** What the build reads. Tests and the server's other rooms are no part of it. */
const SOURCES = ['src/console', 'src/api', 'package-lock.json'];

/**
 * Builds the console into `dist/console` unless it was built from these very sources; seconds where it must, a few
 * milliseconds where not. Returns whether it built. Throws an error with one line that says what to do; what a
 * failed build leaves is never taken for a good one, because the stamp is written last.
 */
export async function buildConsoleIfStale(): Promise<boolean> {
  const wanted = await sourceHash();
  if ((await readStamp()) === wanted) return false;
  try {
    const { build } = await import('vite');
    await build({ configFile: join(ROOT, 'src', 'console', 'vite.config.ts'), root: join(ROOT, 'src', 'console'), logLevel: 'silent' });
    await writeFile(STAMP, wanted);
    return true;
  } catch (error) {
    throw new Error(`The console could not be built (${firstLine(error)}). Run \`npm ci\`, then try again.`, { cause: error });
  }
}

async function readStamp(): Promise<string | null> {
  try {
    return await readFile(STAMP, 'utf8');
  } catch {
    return null;
  }
}

async function sourceHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const path of (await Promise.all(SOURCES.map(filesOf))).flat().toSorted()) {
    hash.update(`${path}\0`).update(await readFile(join(ROOT, path))).update('\0');
  }
  return hash.digest('hex');
}

async function filesOf(source: string): Promise<string[]> {
  if (source.includes('.')) return [source];
  const entries = await readdir(join(ROOT, source), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length));
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split('\n', 1)[0] ?? 'unknown reason';
}

if (import.meta.main) {
  try {
    console.log((await buildConsoleIfStale()) ? 'The console is built.' : 'The console is up to date.');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
