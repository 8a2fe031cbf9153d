import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
const OUT = join(DIST, 'console');
const STAMP = 'built-from.sha256';
const MOST_RENAMES = 5;
/** What the build reads. Tests and the server's other rooms are no part of it. */
const SOURCES = ['src/console', 'src/api', 'package-lock.json'];

/**
 * Builds the console into `dist/console` unless it was built from these very sources; seconds where it must, a few
 * milliseconds where not. Returns whether it built. Throws an error with one line that says what to do. The build grows
 * beside the old one and then takes its place, so that a failure, a kill or a second builder never leaves half of one.
 */
export async function buildConsoleIfStale(): Promise<boolean> {
  const wanted = await sourceHash();
  if ((await readStamp()) === wanted) return false;
  try {
    const { build } = await import('vite');
    await mkdir(DIST, { recursive: true });
    const outDir = await mkdtemp(join(DIST, 'console-'));
    try {
      await asInProduction(() =>
        build({
          configFile: join(ROOT, 'src', 'console', 'vite.config.ts'),
          root: join(ROOT, 'src', 'console'),
          logLevel: 'silent',
          build: { outDir },
        }),
      );
      await writeFile(join(outDir, STAMP), wanted);
      await takePlace(outDir);
    } finally {
      await rm(outDir, { recursive: true, force: true });
    }
    return true;
  } catch (error) {
    throw new Error(`The console could not be built (${firstLine(error)}). Run \`npm ci\`, then try again.`, {
      cause: error,
    });
  }
}

/** A test runner sets NODE_ENV, and the builder would then make React's slower development build of half the size more. */
async function asInProduction<T>(run: () => Promise<T>): Promise<T> {
  const known = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    return await run();
  } finally {
    if (known === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = known;
  }
}

/** A directory can't be renamed onto one that has files, so the old one goes aside first; another builder may do the same. */
async function takePlace(outDir: string): Promise<void> {
  for (let renames = 1; ; renames += 1) {
    const aside = `${outDir}-old-${renames}`;
    try {
      await rename(OUT, aside).catch(unlessMissing);
      await rename(outDir, OUT);
      return;
    } catch (error) {
      if (renames >= MOST_RENAMES) throw error;
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  }
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOENT') throw error;
}

async function readStamp(): Promise<string | null> {
  try {
    return await readFile(join(OUT, STAMP), 'utf8');
  } catch {
    return null;
  }
}

async function sourceHash(): Promise<string> {
  const hash = createHash('sha256').update('production');
  for (const path of (await Promise.all(SOURCES.map(filesOf))).flat().toSorted()) {
    hash
      .update(`${path}\0`)
      .update(await readFile(join(ROOT, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

async function filesOf(source: string): Promise<string[]> {
  if (source.includes('.')) return [source];
  const entries = await readdir(join(ROOT, source), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length));
}

/** The first lines of a message, as one: the builder puts what failed above where it failed. */
function firstLine(error: unknown): string {
  const message = stripVTControlCharacters(error instanceof Error ? error.message : String(error));
  const lines = message.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .slice(0, 3)
    .join(' ');
}

if (import.meta.main) {
  try {
    console.log((await buildConsoleIfStale()) ? 'The console is built.' : 'The console is up to date.');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
