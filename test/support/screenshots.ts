import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { argv } from 'node:process';
import type { Browser, Page } from 'playwright-core';
import { buildConsoleIfStale } from '../../scripts/build-console.ts';
import { showroom } from '../fakes/console-showroom.ts';
import { openChromium } from './chromium.ts';

/*
 * node test/support/screenshots.ts FOLDER [WORD]: a picture of each page and dialog of the console (of those whose name
 * has WORD in it), in light and dark, 1280 and 375 wide, with what real days bring: long names, turned writing, faults.
 */

const variants = [
  ['light', 1280],
  ['dark', 1280],
  ['light', 375],
  ['dark', 375],
] as const;

const folder = argv[2] ?? 'screenshots';
const word = argv[3] ?? '';
await buildConsoleIfStale();
await mkdir(folder, { recursive: true });
const browser = await openChromium();
try {
  for (const [colours, width] of variants) await takeAll(browser, colours, width);
} finally {
  await browser.close();
}

async function takeAll(from: Browser, colours: 'light' | 'dark', width: number): Promise<void> {
  await using room = await showroom();
  const context = await from.newContext({
    colorScheme: colours,
    viewport: { width, height: width === 375 ? 812 : 860 },
    reducedMotion: 'reduce',
    timezoneId: 'Europe/Vienna',
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const { url } = room.gateway;
  const take = async (name: string, whole = true): Promise<void> => {
    if (!name.includes(word)) return;
    await page.screenshot({ path: join(folder, `${name}-${colours}-${width}.png`), fullPage: whole });
  };
  await page.goto(`${url}/sign-in?ended=yes`);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await take('sign-in');
  await page.goto(room.gateway.newSignInLink());
  await page.getByRole('heading', { name: 'Callbacks', exact: true }).waitFor();
  for (const [name, path] of Object.entries(room.pages)) {
    if (!name.includes(word)) continue;
    await page.goto(url + path);
    await settled(page);
    await take(name);
  }
  if ('dialog'.includes(word)) await takeDialogs(page, url, room.openCallback, take);
  if ('softphone'.includes(word)) await takeSoftphone(page, url, room, take);
  await context.close();
}

async function settled(page: Page): Promise<void> {
  await page.getByRole('main').or(page.getByRole('heading')).first().waitFor();
  await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' });
  await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
}

type Take = (name: string, whole?: boolean) => Promise<void>;

async function takeDialogs(page: Page, url: string, openCallback: string, take: Take): Promise<void> {
  const dialog = page.getByRole('dialog');
  await page.goto(`${url}/callbacks?book=new`);
  await dialog.getByLabel('Number').fill('+13125550142');
  await dialog.getByText('In Chicago', { exact: true }).waitFor();
  await take('dialog-book', false);
  await page.goto(url + openCallback);
  for (const name of ['Move', 'Call now'] as const) {
    await page.getByRole('button', { name, exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Go back' }).waitFor();
    await take(`dialog-${name.toLowerCase().replace(' ', '-')}`, false);
    await page.keyboard.press('Escape');
  }
  await page.goto(`${url}/callbacks?tab=all`);
  const boxes = page.getByRole('checkbox', { name: /^Select the callback/ });
  await boxes.first().check();
  await take('dialog-bulk-bar', false);
  await page.getByRole('button', { name: 'Move…' }).click();
  await dialog.getByLabel('By').waitFor();
  await take('dialog-bulk-move', false);
  await page.goto(`${url}/phone-numbers`);
  await page.getByRole('button', { name: 'Add a number' }).click();
  await dialog.getByRole('textbox', { name: 'Number' }).waitFor();
  await take('dialog-number', false);
  await dialog.getByRole('button', { name: 'Go back' }).click();
  await page
    .getByRole('button', { name: /^Check wiring of/ })
    .first()
    .click();
  await dialog.getByText('No call has come in yet.').waitFor();
  await take('dialog-wiring', false);
  await page.goto(`${url}/tools`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find anything' }).fill('refund');
  await page.getByRole('listbox', { name: 'Findings' }).getByRole('option').first().waitFor();
  await take('dialog-palette', false);
}

async function takeSoftphone(
  page: Page,
  url: string,
  room: Awaited<ReturnType<typeof showroom>>,
  take: Take,
): Promise<void> {
  await page.goto(`${url}/callbacks`);
  const softphone = page.getByRole('region', { name: 'Softphone' });
  await softphone.getByRole('button', { name: 'Call', exact: true }).click();
  await softphone.getByText('How can I help?').waitFor();
  await take('softphone-call', false);
  await softphone.getByRole('button', { name: 'Keypad', exact: true }).click();
  for (const key of ['4', '2']) await softphone.getByRole('button', { name: key, exact: true }).click();
  await softphone.getByText('42', { exact: true }).waitFor();
  await take('softphone-keypad', false);
  const line = String(await page.evaluate('localStorage.getItem("ringback.line")'));
  await room.gateway.ring(room.gateway.world.putCallback({ to: line, reason: 'The refund of Monday’s order' }));
  await softphone.getByRole('button', { name: 'Answer' }).waitFor();
  await take('softphone-ring', false);
  await softphone.getByRole('button', { name: 'Decline' }).click();
  await softphone.getByRole('button', { name: 'Hang up' }).click();
  await softphone.getByText(/^Call ended/).waitFor();
  await take('softphone-ended', false);
}
