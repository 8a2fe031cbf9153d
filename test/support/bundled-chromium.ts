import { execFile } from 'node:child_process';
import { access, lstat, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const UNPACK_DEADLINE_MS = 120_000;

/** How to start an unpacked Chromium on a machine that has none of its libraries. */
export interface BundledChromium {
  readonly executablePath: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The Chromium of @sparticuz/chromium, unpacked once for each account and version into the folder for temporary files
 * (200 MB, a few seconds). The package's own way leaves it at a fixed path, where one account's copy stands in another's
 * way and half of one is taken for whole. Throws where the package has no Chromium for this machine.
 */
export async function bundledChromium(): Promise<BundledChromium> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('no Chromium for this machine comes with npm: install Chrome, or say where it is in CHROME_PATH');
  const bin = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..', 'bin');
  const { version } = JSON.parse(await readFile(join(bin, '..', 'package.json'), 'utf8')) as { version: string };
  const folder = join(tmpdir(), `ringback-chromium-${version}-${userInfo().uid}`);
  if (!(await isThere(folder))) await unpackInto(folder, bin);
  // Where files are temporary everybody may write: a stranger's browser is not run.
  if ((await lstat(folder)).uid !== userInfo().uid) throw new Error(`${folder} belongs to another account: remove it`);
  return {
    executablePath: join(folder, 'chromium'),
    env: { LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'), FONTCONFIG_FILE: join(folder, 'fonts.conf') },
  };
}

/** It grows beside its place and takes it when whole, so that neither a kill nor a second one leaves half of it. */
async function unpackInto(folder: string, bin: string): Promise<void> {
  const growing = await mkdtemp(`${folder}-`);
  try {
    // The package unpacks into the folder for temporary files alone; so that is what ours is, for a process of its own.
    await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'unpack-chromium.ts'), bin], {
      env: { ...process.env, TMPDIR: growing },
      timeout: UNPACK_DEADLINE_MS,
    });
    await writeFile(join(growing, 'fonts.conf'), fontsConf(folder));
    await rename(growing, folder).catch((error: unknown) => unlessThere(folder, error));
  } finally {
    await rm(growing, { recursive: true, force: true });
  }
}

/** The machine's own fonts where it has some, and the package's. */
function fontsConf(folder: string): string {
  const dirs = ['/usr/share/fonts', join(folder, 'fonts')].map((dir) => `<dir>${dir}</dir>`).join('');
  return `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${dirs}<cachedir>${folder}/fonts-cache</cachedir></fontconfig>\n`;
}

async function unlessThere(folder: string, error: unknown): Promise<void> {
  if (!(await isThere(folder))) throw error;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
