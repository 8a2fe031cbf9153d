import sparticuz from '@sparticuz/chromium';
import { chromium, type Browser } from 'playwright-core';

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

/** A real Chromium: that of `CHROME_PATH`, or the one that npm brings. Whoever opens it closes it. */
export async function openChromium(): Promise<Browser> {
  const executablePath = process.env['CHROME_PATH'] ?? (await sparticuz.executablePath());
  return chromium.launch({ executablePath, args: flags });
}
