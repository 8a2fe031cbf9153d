import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { bundledChromium } from './bundled-chromium.ts';

/** What keeps a headless Chromium quiet on a machine without a network, and lets it run as root. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A microphone that beeps, and a sound card that plays to nobody.
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=user-gesture-required',
];

const names = ['google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser', 'chrome.exe'];
const elsewhere = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const VERSION_DEADLINE_MS = 10_000;

/** A real Chromium: that of `CHROME_PATH`, an installed one, or the one that npm brings. Whoever opens it closes it. */
export async function openChromium(): Promise<Browser> {
  const executablePath = process.env['CHROME_PATH'] ?? (await installedChromium());
  if (executablePath !== undefined) return chromium.launch({ executablePath, args: flags });
  const bundled = await bundledChromium();
  return chromium.launch({
    executablePath: bundled.executablePath,
    args: flags,
    env: { ...process.env, ...bundled.env },
  });
}

/** The first that says its version: some systems have a command of that name that only tells how to install it. */
async function installedChromium(): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const path of [...names.flatMap((name) => folders.map((folder) => join(folder, name))), ...elsewhere])
    if ((await isExecutable(path)) && (await saysItsVersion(path))) return path;
  return undefined;
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function saysItsVersion(path: string): Promise<boolean> {
  return promisify(execFile)(path, ['--version'], { timeout: VERSION_DEADLINE_MS }).then(
    ({ stdout }) => stdout.includes('Chrom'),
    () => false,
  );
}
