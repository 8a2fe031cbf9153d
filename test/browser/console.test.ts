import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildConsoleIfStale } from '../../scripts/build-console.ts';
import { ADMIN_TOKEN, ConsoleGateway } from '../fakes/console-gateway.ts';
import { openChromium } from '../support/chromium.ts';

vi.setConfig({ testTimeout: 40_000, hookTimeout: 60_000 });

let browser: Browser;
let gateway: ConsoleGateway;
let context: BrowserContext;
let page: Page;
let faults: string[];

beforeAll(async () => {
  await buildConsoleIfStale();
  browser = await openChromium();
}, 60_000);
afterAll(() => browser.close());

beforeEach(async () => {
  gateway = await ConsoleGateway.open();
  gateway.world.addAgent();
  context = await browser.newContext({ timezoneId: 'Europe/Vienna' });
  context.setDefaultTimeout(10_000);
  page = await context.newPage();
  faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (/content security policy|refused to/i.test(message.text())) faults.push(message.text());
  });
});
afterEach(async () => {
  await context.close();
  await gateway[Symbol.asyncDispose]();
  expect(faults, 'errors on the page').toEqual([]);
});

const open = async (path = ''): Promise<void> => {
  await page.goto(gateway.newSignInLink());
  await page.getByRole('heading', { name: 'Callbacks', exact: true }).waitFor();
  if (path !== '') await page.goto(gateway.url + path);
};
const softphone = () => page.getByRole('region', { name: 'Softphone' });
const row = (name: string) => page.getByRole('row').filter({ hasText: name });

describe('sign-in', () => {
  test('a link signs in once, and never stays in the address', async () => {
    const link = gateway.newSignInLink();
    await page.goto(link);
    await page.getByRole('heading', { name: 'Callbacks', exact: true }).waitFor();
    expect(page.url()).not.toContain('code=');
    await context.clearCookies();
    await page.goto(link);
    await page.getByText('This link was used before').waitFor();
  });

  test('the admin token signs in, a wrong one is told so', async () => {
    await page.goto(gateway.url);
    await page.getByLabel('Admin token').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('the token is wrong').waitFor();
    await page.getByLabel('Admin token').fill(ADMIN_TOKEN);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Callbacks', exact: true }).waitFor();
  });

  test('a session that ends leads to the sign-in page', async () => {
    await open();
    gateway.endSessions();
    // The page may find out by itself before anybody presses anything.
    await page.goto(`${gateway.url}/calls`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});

describe('callbacks', () => {
  test('a change anywhere is on the page within a second', async () => {
    const callback = gateway.world.putCallback({ toName: 'Maria', dueAt: Temporal.Now.instant().add({ seconds: 90 }) });
    await open();
    await row('Maria')
      .getByText(/^in 1:\d\d$/)
      .waitFor();
    await row('Maria').getByText('Scheduled').waitFor();
    gateway.world.putCallback({ id: callback.id, status: 'dialing', nextAttemptAt: null });
    await row('Maria').getByText('Dialing').waitFor({ timeout: 1_000 });
    gateway.world.putCallback({ toName: 'Newcomer' });
    await row('Newcomer').waitFor({ timeout: 1_500 });
  });

  test('a callback that was missed says when it is tried again, or that it is final', async () => {
    const now = Temporal.Now.instant();
    gateway.world.putCallback({
      toName: 'Again',
      status: 'no_answer',
      attemptsMade: 2,
      dueAt: now.subtract({ hours: 1 }),
      nextAttemptAt: now.add({ hours: 1 }),
    });
    gateway.world.putCallback({
      toName: 'Never',
      status: 'no_answer',
      attemptsMade: 3,
      nextAttemptAt: null,
      dueAt: now.subtract({ hours: 1 }),
    });
    await open();
    await row('Again')
      .getByText(/2 of 3, next/)
      .waitFor();
    await page.getByRole('tab', { name: 'History' }).click();
    await row('Never').getByText('3 of 3, final').waitFor();
    expect(await row('Again').count()).toBe(0);
    expect(page.url()).toContain('tab=history');
  });

  test('cancel works at one press, and a refusal is shown with its reason', async () => {
    gateway.world.putCallback({ toName: 'Maria' });
    await open();
    gateway.refuseCancel = true;
    await page.getByRole('button', { name: 'Cancel the callback to Maria' }).click();
    await page.getByText('A callback that is dialing cannot be cancelled.').waitFor();
    await row('Maria').getByText('Scheduled').waitFor();
    gateway.refuseCancel = false;
    await page.getByRole('button', { name: 'Cancel the callback to Maria' }).click();
    // It stays under the pointer, as what it is now, until the pointer leaves.
    await row('Maria').getByText('by an operator').waitFor();
    await page.getByRole('tab', { name: 'All' }).hover();
    await row('Maria').waitFor({ state: 'detached' });
    await page.getByRole('tab', { name: 'All' }).click();
    await row('Maria').getByText('by an operator').waitFor();
  });

  test('the detail shows every attempt, in an address that can be shared, and closes by keyboard', async () => {
    const callback = gateway.world.putCallback({ toName: 'Maria', status: 'no_answer', attemptsMade: 1 });
    const attempt = gateway.world.putAttempt(callback.id, {
      outcome: 'busy',
      carrierCallId: 'CA1',
      detail: 'The carrier said: busy.',
    });
    await open(`/callbacks/${callback.id}`);
    const detail = page.getByRole('dialog', { name: 'Callback' });
    await detail.getByText('Attempt 1: The line was busy').waitFor();
    await detail.getByText('The carrier said: busy.').waitFor();
    expect(await detail.getByRole('link', { name: 'Open the call' }).getAttribute('href')).toBe(
      `/calls/${attempt.callId}`,
    );
    await page.keyboard.press('Escape');
    await detail.waitFor({ state: 'detached' });
  });

  test('words with markup, endless words and turned writing stay text and widen nothing', async () => {
    gateway.world.putCallback({ toName: '<img src=x onerror=alert(1)>', reason: 'x'.repeat(500) });
    gateway.world.putCallback({
      toName: '\u202Eevil '.repeat(50),
      reason: '🙂'.repeat(2_000),
      warning: 'w'.repeat(900),
    });
    for (const width of [1280, 375]) {
      await page.setViewportSize({ width, height: 800 });
      await open();
      await page.getByText('<img src=x onerror=alert(1)>').waitFor();
      expect(
        await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
        `no sideways scrolling at ${width}`,
      ).toBe(true);
    }
  });

  test('a gateway that went away and came back is followed again without a reload', async () => {
    await open();
    const port = Number(new URL(gateway.url).port);
    await gateway[Symbol.asyncDispose]();
    await page.getByRole('status', { name: 'Connection: Reconnecting…' }).first().waitFor();
    gateway = await ConsoleGateway.open({ port });
    gateway.world.addAgent();
    gateway.acceptEverySession = true;
    gateway.world.putCallback({ toName: 'Booked meanwhile' });
    await row('Booked meanwhile').waitFor({ timeout: 20_000 });
    await softphone().getByText('Callbacks ring here').waitFor({ timeout: 20_000 });
  });
});

describe('softphone', () => {
  test('a call goes both ways: typed words out, sound and captions in', async () => {
    await open();
    await softphone().getByRole('button', { name: 'Call', exact: true }).click();
    await softphone().getByText('How can I help?').waitFor();
    await softphone().getByRole('textbox', { name: 'Type what you would say' }).fill('hello');
    await page.keyboard.press('Enter');
    await softphone().getByText('You said: hello').waitFor();
    await expect
      .poll(() => gateway.agent.marks.length, { message: 'the mark after the last words' })
      .toBeGreaterThan(0);
    await expect.poll(() => gateway.agent.heardBytes, { message: 'frames from the page' }).toBeGreaterThan(6_400);
    expect(await softphone().getByText('This browser plays no sound here').count()).toBe(0);
    await softphone().getByRole('button', { name: 'Hang up' }).click();
    await softphone()
      .getByText(/^Call ended after/)
      .waitFor();
    await softphone().getByRole('link', { name: 'Read and hear the call' }).click();
    await page.getByRole('log', { name: 'Transcript' }).getByText('hello', { exact: true }).first().waitFor();
  });

  test('without speech recognition the page says that words are typed', async () => {
    await open();
    await softphone().getByRole('button', { name: 'Call', exact: true }).click();
    await softphone().getByText('No speech recognition is set up').waitFor();
  });

  test('a microphone that is refused leaves the call, which goes on in writing', async () => {
    await page.addInitScript(
      "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('refused', 'NotAllowedError'))",
    );
    await open();
    await softphone().getByRole('button', { name: 'Call', exact: true }).click();
    await softphone().getByRole('button', { name: 'Use microphone' }).click();
    await softphone().getByText('The microphone is not allowed for this page').waitFor();
    await softphone().getByRole('textbox', { name: 'Type what you would say' }).fill('still here');
    await softphone().getByRole('button', { name: 'Send' }).click();
    await softphone().getByText('You said: still here').waitFor();
  });

  test('a microphone that is given can be muted and opened again', async () => {
    await open();
    await softphone().getByRole('button', { name: 'Call', exact: true }).click();
    await softphone().getByRole('button', { name: 'Use microphone' }).click();
    // The browser's pretended microphone beeps once a second.
    await expect.poll(() => gateway.agent.heardPeak, { message: 'the beep', timeout: 5_000 }).toBeGreaterThan(500);
    await softphone().getByRole('button', { name: 'Mute', exact: true }).click();
    await softphone().getByRole('button', { name: 'Unmute' }).waitFor();
    const { heardBytes } = gateway.agent;
    // What was on its way when the button was pressed may still come.
    await expect
      .poll(() => gateway.agent.heardBytes - heardBytes, { message: 'frames while muted' })
      .toBeGreaterThan(6_400);
    gateway.agent.heardPeak = 0;
    const muted = gateway.agent.heardBytes;
    await expect
      .poll(() => gateway.agent.heardBytes - muted, { message: 'more than a beep of silence', timeout: 5_000 })
      .toBeGreaterThan(40_000);
    expect(gateway.agent.heardPeak).toBe(0);
    await softphone().getByRole('button', { name: 'Unmute' }).click();
    await expect
      .poll(() => gateway.agent.heardPeak, { message: 'the beep again', timeout: 5_000 })
      .toBeGreaterThan(500);
  });

  test('a promise made in a call counts down, rings, and is answered where it left off', async () => {
    await open();
    await softphone().getByRole('button', { name: 'Call', exact: true }).click();
    await softphone().getByRole('textbox', { name: 'Type what you would say' }).fill('call me back in 30 seconds');
    await page.keyboard.press('Enter');
    await softphone().getByText('Booked. I call you back in 30 seconds.').waitFor();
    await row('This browser')
      .getByText(/^in 0:\d\d$/)
      .waitFor();
    await softphone().getByRole('button', { name: 'Hang up' }).click();
    const [callback] = gateway.world.callbacks.values();
    if (callback === undefined) throw new Error('nothing was booked');
    await gateway.ring(callback);
    await softphone().getByText('Incoming call').waitFor();
    await expect.poll(() => page.title(), { message: 'the title that flashes' }).toBe('Call from Ada from Acme Dental');
    await softphone().getByRole('button', { name: 'Answer' }).click();
    await softphone().getByText('Shall we go on where we were?').waitFor();
    await row('This browser').getByText('Dialing · On the call').waitFor();
  });

  test('all pages of a browser ring, and the first answer silences the others', async () => {
    await open();
    const other = await context.newPage();
    await other.goto(`${gateway.url}/calls`);
    await other.getByRole('region', { name: 'Softphone' }).getByText('Callbacks ring here').waitFor();
    const line = await page.evaluate('localStorage.getItem("ringback.line")');
    const callback = gateway.world.putCallback({ to: String(line), reason: 'the refund' });
    await gateway.ring(callback);
    await other.getByRole('region', { name: 'Softphone' }).getByText('the refund').waitFor();
    await softphone().getByRole('button', { name: 'Answer' }).click();
    await other.getByRole('button', { name: 'Answer' }).waitFor({ state: 'detached' });
  });

  test('a ring can be declined, and runs out by itself', async () => {
    await open();
    await softphone().getByText('Callbacks ring here').waitFor();
    const to = String(await page.evaluate('localStorage.getItem("ringback.line")'));
    await gateway.ring(gateway.world.putCallback({ to }));
    await softphone().getByRole('button', { name: 'Decline' }).click();
    await softphone().getByRole('button', { name: 'Call', exact: true }).waitFor();
    await gateway.ring(gateway.world.putCallback({ to }), 1);
    await softphone().getByRole('button', { name: 'Answer' }).waitFor();
    await softphone().getByRole('button', { name: 'Answer' }).waitFor({ state: 'detached' });
  });
});
