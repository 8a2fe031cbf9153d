import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildConsoleIfStale } from '../../scripts/build-console.ts';
import { openChromium } from '../support/chromium.ts';
import { openFolder, type Folder } from '../support/folder.ts';
import { startProduct, type Product } from '../support/product.ts';
import { loudness } from '../support/wav.ts';

/*
 * The whole story with no account at all: the product as `npm start` starts it, a real browser, nothing faked. Its voice
 * is heard in the page's own meter and in the recording.
 */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let folder: Folder;
let product: Product;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  await buildConsoleIfStale();
  folder = await openFolder();
  product = await startProduct({ DATA_DIR: folder.path });
  browser = await openChromium();
  const context = await browser.newContext({ timezoneId: 'Europe/Vienna', viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(20_000);
  page = await context.newPage();
});
afterAll(async () => {
  await browser?.close();
  await product?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

const softphone = () => page.getByRole('region', { name: 'Softphone' });
const say = async (words: string): Promise<void> => {
  await softphone().getByRole('textbox', { name: 'Type what you would say' }).fill(words);
  await page.keyboard.press('Enter');
};

/** How loud the sound is that the page plays at this moment, as its own meter draws it. */
const agentLevel = async (): Promise<number> => {
  const bar = softphone().getByTitle('Agent: loudness').locator('span');
  return Number(/scaleX\(([\d.]+)\)/.exec((await bar.getAttribute('style')) ?? '')?.[1] ?? 0);
};

interface CallWithWords {
  readonly id: string;
  readonly transcript: { readonly role: string; readonly text: string; readonly heardText: string | null }[];
}

const newestCall = async (): Promise<CallWithWords> => {
  const { items } = (await (await page.request.get(`${product.url}/api/v1/calls?limit=1`)).json()) as {
    items: { id: string }[];
  };
  return (await (await page.request.get(`${product.url}/api/v1/calls/${items[0]?.id ?? ''}`)).json()) as CallWithWords;
};

/** The page keeps a picture of each step where a person asks for them. */
const picture = async (name: string): Promise<void> => {
  const dir = process.env['STORY_PICTURES'];
  if (dir !== undefined) await page.screenshot({ path: `${dir}/${name}.png` });
};

test('a person calls, asks to be called back, is rung, answers, and the agent goes on where they were', async () => {
  await page.goto(product.signInLink);
  await page.getByRole('heading', { name: 'Callbacks', exact: true }).waitFor();
  await picture('1-signed-in');

  await softphone().getByRole('button', { name: 'Call', exact: true }).click();
  await softphone()
    .getByText(/AI assistant/)
    .first()
    .waitFor();
  await say('Please call me back in 10 seconds about my broken heating');
  await softphone()
    .getByText(/I'll call you back in \d+ seconds/)
    .waitFor();
  await picture('2-booked');
  await softphone().getByRole('button', { name: 'Hang up' }).click();
  await softphone()
    .getByText(/^Call ended after/)
    .waitFor();

  // It counts down in the view.
  const row = page.getByRole('row').filter({ hasText: 'broken heating' });
  await row.getByText('Scheduled').waitFor();
  await row.getByText(/^in 0:0\d$/).waitFor();
  await picture('3-counting-down');

  // The page is rung, and says what about.
  await softphone().getByText('Incoming call').waitFor();
  await softphone()
    .getByText(/broken heating/)
    .waitFor();
  await row.getByText('Dialing').waitFor();
  await picture('4-ringing');
  await softphone().getByRole('button', { name: 'Answer' }).click();

  // The agent goes on from the earlier conversation, aloud.
  await expect
    .poll(agentLevel, { message: 'the voice that the page plays', timeout: 15_000, interval: 40 })
    .toBeGreaterThan(0.05);
  // It asks for the person before it comes to the matter.
  await softphone()
    .getByText(/Am I speaking with the person who asked for this call\?/)
    .waitFor();
  await say('Yes, that is me');
  await softphone()
    .getByText(/calling you back as I promised, about your broken heating/)
    .waitFor();
  await picture('5-answered');
  await expect
    .poll(async () => (await newestCall()).transcript.findLast(({ role }) => role === 'agent')?.heardText, {
      message: 'the opening, heard to its end',
      timeout: 30_000,
    })
    .toContain('How can I help?');
  await say('Thank you, that is all. Goodbye');
  await softphone()
    .getByText(/^Call ended after/)
    .waitFor({ timeout: 40_000 });

  await page.getByRole('tab', { name: 'History' }).click();
  await row.getByText('Completed').waitFor();
  await picture('6-completed');
  await row.first().click();
  await picture('7-detail');
});

test('both calls stand in the logs with their words, and what was said can be heard', async () => {
  const { items } = (await (await page.request.get(`${product.url}/api/v1/calls`)).json()) as {
    items: { id: string; direction: string; status: string; endReason: string; conversationId: string }[];
  };
  expect(items.map(({ direction, status, endReason }) => `${direction} ${status} ${endReason}`)).toEqual([
    'outbound completed agent_ended',
    'inbound completed caller_hung_up',
  ]);
  expect(new Set(items.map(({ conversationId }) => conversationId)).size, 'one conversation').toBe(1);
  for (const { id } of items) {
    await expect
      .poll(async () => (await page.request.get(`${product.url}/api/v1/calls/${id}/recording`)).status(), {
        message: 'the recording',
      })
      .toBe(200);
    const recording = await (await page.request.get(`${product.url}/api/v1/calls/${id}/recording`)).body();
    const heard = loudness(recording);
    expect(heard.right, 'the agent is heard').toBeGreaterThan(300);
    expect(heard.seconds).toBeGreaterThan(3);
  }
  await page.goto(`${product.url}/calls/${items[0]?.id ?? ''}`);
  await page
    .getByRole('log', { name: 'Transcript' })
    .getByText(/Thank you, that is all/)
    .waitFor();
  await picture('8-call');
});

test('every stand-in is named as one, on the page and in the log', async () => {
  const system = (await (await page.request.get(`${product.url}/api/v1/system`)).json()) as {
    standIns: { kind: string; notice: string }[];
  };
  expect(system.standIns.map(({ kind }) => kind).toSorted()).toEqual(['carrier', 'database', 'llm', 'tts']);
  for (const { notice } of system.standIns) expect(product.output).toContain(notice);
});

test('nothing that a caller said stands in the log', () => {
  expect(product.output).not.toMatch(/heating|Goodbye|browser:[a-z0-9]{16}/);
});
