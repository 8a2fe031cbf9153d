import type { Route } from 'playwright-core';
import { beforeEach, expect, test } from 'vitest';
import { useConsole } from '../support/console-page.ts';

const desk = useConsole();
beforeEach(() => desk.signIn());

const problem = (status: number, code: string, detail: string) => (route: Route) =>
  route.fulfill({
    status,
    contentType: 'application/problem+json',
    body: JSON.stringify({ type: 'about:blank', title: code, status, code, detail }),
  });

test.each([
  ['/callbacks', '**/api/v1/callbacks?*', "The callbacks can't be shown"],
  ['/calls', '**/api/v1/calls*', "The calls can't be shown"],
  ['/settings/audit', '**/api/v1/audit*', "The audit log can't be shown"],
  ['/phone-numbers', '**/api/v1/phone-numbers*', "The phone numbers can't be shown"],
])('%s says what broke at a 5xx, and comes back with one press', async (path, pattern, words) => {
  await desk.page.route(pattern, problem(400, 'invalid_request', 'this broke on purpose'));
  await desk.page.goto(desk.gateway.url + path);
  await desk.page.getByText(words).waitFor();
  await desk.page.getByText('This broke on purpose.').first().waitFor();
  await desk.page.unroute(pattern);
  await desk.page.getByRole('button', { name: 'Try again' }).first().click();
  await desk.page.getByText(words).waitFor({ state: 'detached' });
});

test('an address that leads nowhere is a page with a way on for a person, and a problem for a program', async () => {
  const answer = await desk.page.goto(`${desk.gateway.url}/nowhere/at-all?x=1`);
  expect(answer?.status()).toBe(404);
  await desk.page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  await desk.page.getByRole('link', { name: 'Go to Callbacks' }).click();
  await desk.page.getByRole('heading', { name: 'Callbacks', exact: true }).waitFor();
  const asked = [
    ['/nowhere', '*/*'],
    ['/nowhere', 'application/json'],
    ['/api/v1/nowhere', 'text/html'],
    ['/carriers/browser/nowhere', 'text/html'],
    ['/assets/nowhere.js', 'text/html'],
  ] as const;
  for (const [path, accept] of asked) {
    const refused = await fetch(desk.gateway.url + path, { headers: { accept } });
    expect([path, refused.status, refused.headers.get('content-type')]).toEqual([
      path,
      404,
      expect.stringContaining('application/problem+json'),
    ]);
    await refused.body?.cancel();
  }
});

test('a 503 while the database is away is tried again by itself', async () => {
  let refused = 0;
  desk.gateway.world.putCallback({ toName: 'Maria' });
  await desk.page.route('**/api/v1/callbacks?*', (route) => {
    refused += 1;
    return refused <= 2
      ? problem(503, 'database_unavailable', 'the database cannot be reached')(route)
      : route.continue();
  });
  await desk.page.goto(`${desk.gateway.url}/callbacks`);
  await desk.page.getByRole('row').filter({ hasText: 'Maria' }).waitFor();
  expect(refused).toBeGreaterThan(2);
});

test('an answer that is no answer says so instead of breaking the page', async () => {
  await desk.page.route('**/api/v1/callbacks/*/cancel', (route) =>
    route.fulfill({ status: 502, body: '<html>Bad gateway' }),
  );
  desk.gateway.world.putCallback({ toName: 'Maria' });
  await desk.page.getByRole('button', { name: 'Cancel the callback to Maria' }).click();
  await desk.page.getByText('Not cancelled').waitFor();
  await desk.page.getByText("The gateway answered 502 in a form that this page can't read.").waitFor();
});

test('a browser whose clock is wrong is told, and countdowns follow the gateway', async () => {
  const other = await desk.browser.newContext();
  other.setDefaultTimeout(15_000);
  await other.addInitScript('const now = Date.now; Date.now = () => now() - 600_000;');
  const late = await other.newPage();
  desk.gateway.world.putCallback({ toName: 'Maria', dueAt: Temporal.Now.instant().add({ seconds: 100 }) });
  await late.goto(desk.gateway.newSignInLink());
  await late.getByText("This computer's clock is off").waitFor();
  await late
    .getByRole('row')
    .filter({ hasText: 'Maria' })
    .getByText(/^in 1:\d\d$/)
    .waitFor();
  await other.close();
});

test('a session that is revoked elsewhere leads to the sign-in page', async () => {
  await desk.page.goto(`${desk.gateway.url}/settings#sessions`);
  const other = await desk.browser.newContext();
  const second = await other.newPage();
  await second.goto(desk.gateway.newSignInLink());
  await second.getByRole('heading', { name: 'Callbacks', exact: true }).waitFor();
  await desk.page.reload();
  await desk.page.getByText('This browser', { exact: true }).waitFor();
  await desk.page.getByRole('button', { name: 'Sign out all others' }).click();
  await desk.page.getByText('1 other browser was signed out.').waitFor();
  await second.goto(`${desk.gateway.url}/calls`);
  await second.getByRole('heading', { name: 'Sign in' }).waitFor();
  await other.close();
});

test('a person is erased after a question that says what goes, and the page shows it gone', async () => {
  const { world } = desk.gateway;
  const now = Temporal.Now.instant();
  const call = world.putCall({ status: 'completed', from: '+13125550142', endedAt: now, summary: 'About the heating' });
  world.putTurn(call.id, { role: 'caller', text: 'My heating is broken', endedAt: now });
  world.putCallback({ toName: 'Maria', to: '+13125550142', reason: 'The heating' });
  await desk.page.goto(`${desk.gateway.url}/settings`);
  await desk.page.getByLabel('Number of the person').fill('nonsense');
  await desk.page.getByRole('button', { name: 'Look up' }).click();
  await desk.page.getByText('Not a full international number').waitFor();
  await desk.page.getByLabel('Number of the person').fill('+1 312 555 0142');
  await desk.page.getByRole('button', { name: 'Look up' }).click();
  const ask = desk.page.getByRole('dialog', { name: 'Erase +13125550142?' });
  await ask.getByText('1 callback, 1 of them open').waitFor();
  await ask.getByRole('button', { name: 'Erase for good' }).click();
  await desk.page.getByText('1 open callback cancelled').waitFor();
  await desk.page.goto(`${desk.gateway.url}/calls/${call.id}`);
  await desk.page.getByText('What was said has been erased.').waitFor();
  expect(await desk.page.getByText('My heating is broken').count()).toBe(0);
});

test('hostile words in a transcript, a name, a reason and the audit log are text, and widen no page', async () => {
  const { world } = desk.gateway;
  const evil = `<img src=x onerror="document.title='owned'">\u202E${'x'.repeat(3_000)}\u{1F642}\u200D${'\u0301'.repeat(200)}`;
  const now = Temporal.Now.instant();
  const call = world.putCall({ status: 'completed', endedAt: now, summary: evil });
  for (const role of ['caller', 'agent'] as const) world.putTurn(call.id, { role, text: evil.repeat(3), endedAt: now });
  world.putTurn(call.id, {
    role: 'tool',
    toolName: 'x'.repeat(64),
    toolResult: { ok: false, error: evil },
    endedAt: now,
  });
  const callback = world.putCallback({ toName: evil.slice(0, 100), reason: evil.slice(0, 500), warning: evil });
  world.auditLog.push({
    id: crypto.randomUUID(),
    at: now,
    actor: 'operator',
    action: 'agent.changed',
    subjectType: 'agent',
    subjectId: 'a',
    before: { prompt: evil },
    after: { prompt: evil.repeat(2) },
  });
  for (const width of [1280, 375]) {
    await desk.page.setViewportSize({ width, height: 800 });
    for (const path of [`/calls/${call.id}`, `/callbacks/${callback.id}`, '/callbacks', '/settings/audit', '/calls']) {
      await desk.page.goto(desk.gateway.url + path);
      await desk.page.getByRole('heading', { level: 1 }).waitFor();
      await expect.poll(() => desk.page.getByRole('status', { name: 'Loading' }).count()).toBe(0);
      expect(await desk.page.title()).not.toBe('owned');
      expect(
        await desk.page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
        `no sideways scrolling of ${path} at ${width}`,
      ).toBe(true);
    }
  }
});
