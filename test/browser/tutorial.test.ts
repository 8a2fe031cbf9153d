import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildConsoleIfStale } from '../../scripts/build-console.ts';
import { openChromium } from '../support/chromium.ts';
import { openFolder, type Folder } from '../support/folder.ts';
import { startProduct, type Product } from '../support/product.ts';

/*
 * A person's first five minutes, as the tutorial tells them: what it says to press and to type is read from it, and done.
 * A button that was renamed, or a step that leads nowhere, fails here.
 */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const TUTORIAL = fileURLToPath(new URL('../../docs/tutorial/first-callback.md', import.meta.url));

let folder: Folder;
let product: Product;
let browser: Browser;
let page: Page;
let steps: Map<string, string>;

beforeAll(async () => {
  await buildConsoleIfStale();
  steps = sectionsOf(await readFile(TUTORIAL, 'utf8'));
  folder = await openFolder();
  product = await startProduct({ DATA_DIR: folder.path });
  browser = await openChromium();
  const context = await browser.newContext();
  context.setDefaultTimeout(20_000);
  page = await context.newPage();
});
afterAll(async () => {
  await browser?.close();
  await product?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

const softphone = () => page.getByRole('region', { name: 'Softphone' });

test('the first five minutes go as the tutorial tells them', async () => {
  // 1. Start it
  expect(product.signInLink).toMatch(new RegExp(pattern(inStep('1', /(http:\/\/127\.0\.0\.1:8080\/sign-in\?code=)/))));
  await page.goto(product.signInLink);
  await page.getByRole('heading', { name: inStep('1', /You are on \*\*(.+?)\*\*/), exact: true }).waitFor();
  await softphone()
    .getByText(inStep('1', /"(Callbacks ring here)"/))
    .waitFor();

  // 2. Call
  await press(inStep('2', /Press \*\*(.+?)\*\*/));
  const agent = inStep('2', /The agent, (\w+),/);
  await softphone().getByText(agent).first().waitFor();
  await softphone()
    .getByText(/AI assistant/)
    .first()
    .waitFor();
  await softphone()
    .getByText(inStep('2', /(No speech recognition is set up)/))
    .waitFor();

  // 3. Ask to be called back
  const words = inStep('3', /^> (.+)$/m);
  await softphone().getByRole('textbox', { name: 'Type what you would say' }).fill(words);
  await page.keyboard.press('Enter');
  await softphone().getByText('Schedule callback').waitFor();
  const row = page.getByRole('row').filter({ hasText: 'This browser' });
  await row.getByText(/^in \d:\d\d$/).waitFor();

  // 4. Hang up, and wait
  await press(inStep('4', /Press \*\*(.+?)\*\*/));
  await softphone()
    .getByText(/^Call ended after/)
    .waitFor();
  await softphone().getByRole('link', { name: 'Read and hear the call' }).waitFor();

  // 5. Answer
  await softphone().getByText('Incoming call').waitFor({ timeout: 90_000 });
  await row.getByText(inStep('5', /it turns to (\w+)/)).waitFor();
  await press(inStep('5', /Press \*\*(.+?)\*\*/));
  await softphone()
    .getByText(/Am I speaking with/)
    .waitFor({ timeout: 30_000 });
  await softphone().getByRole('textbox', { name: 'Type what you would say' }).fill('Yes, that is me');
  await page.keyboard.press('Enter');
  await softphone()
    .getByText(/calling you back as I promised/)
    .waitFor({ timeout: 30_000 });
  await press('Hang up');
  await page.getByRole('tab', { name: inStep('5', /Upcoming to \*\*(.+?)\*\*/) }).click();
  await row.getByText('Completed').waitFor();
  await row.getByRole('link').first().click();
  await page.getByRole('dialog', { name: 'Callback' }).getByText('They talked').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: inStep('5', /In \*\*(Call logs)\*\*/) }).click();
  await expect
    .poll(() => page.getByRole('row').count(), { message: 'both calls, and the head of the table', timeout: 10_000 })
    .toBe(3);
});

async function press(name: string): Promise<void> {
  await softphone().getByRole('button', { name, exact: true }).click();
}

/** The words of a step that the pattern's group finds; a tutorial without them has changed, and this test with it. */
function inStep(step: string, wanted: RegExp): string {
  const text = steps.get(step) ?? '';
  const found = wanted.exec(wanted.multiline ? text : text.replaceAll('\n', ' '))?.[1];
  if (found === undefined) throw new Error(`step ${step} of the tutorial does not say ${wanted}`);
  return found;
}

/** The numbered sections, by their number. */
function sectionsOf(markdown: string): Map<string, string> {
  const parts = markdown.split(/^## (\d+)\. .*$/m).slice(1);
  return new Map(
    parts.flatMap((part, index): [string, string][] => (index % 2 === 0 ? [[part, parts[index + 1] ?? '']] : [])),
  );
}

/** The address that the tutorial prints, with the port that this start took. */
function pattern(text: string): string {
  return text.replaceAll(/[.?/]/g, (sign) => `\\${sign}`).replace('8080', '\\d+');
}
