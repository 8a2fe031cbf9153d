import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { buildConsoleIfStale } from '../../scripts/build-console.ts';
import scheduleCallback from '../../src/tools/schedule-callback.ts';
import { ConsoleGateway } from '../fakes/console-gateway.ts';
import { stereoWav } from '../fakes/stereo-wav.ts';
import { openChromium } from '../support/chromium.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

let browser: Browser;
let gateway: ConsoleGateway;
let callPath: string;
let callbackPath: string;
let agentPath: string;
let erasedPath: string;
let openPath: string;

beforeAll(async () => {
  await buildConsoleIfStale();
  browser = await openChromium();
  gateway = await ConsoleGateway.open({
    standIns: [{ kind: 'llm', name: 'demo', title: 'Demo brain', notice: 'A small scripted brain answers.' }],
    tools: [scheduleCallback],
    vendors: [
      {
        kind: 'carrier',
        name: 'twilio',
        title: 'Twilio',
        inUse: true,
        standIn: false,
        settings: ['TWILIO_AUTH_TOKEN'],
      },
      { kind: 'llm', name: 'demo', title: 'Demo brain', inUse: true, standIn: true, settings: [] },
      { kind: 'llm', name: 'openai', title: 'OpenAI', inUse: false, standIn: false, settings: ['OPENAI_API_KEY'] },
    ],
  });
  [callPath, callbackPath, agentPath, erasedPath, openPath] = fill();
});
afterAll(async () => {
  await browser.close();
  await gateway[Symbol.asyncDispose]();
});

/** One row of each kind, so that every colour and icon is on a page. */
function fill(): [string, string, string, string, string] {
  const { world } = gateway;
  const now = Temporal.Now.instant();
  world.addAgent();
  const bruno = world.addAgent({
    name: 'Bruno',
    isDefault: false,
    disclosure: { enabled: false, businessName: '' },
  });
  world.addNumber();
  world.heldReason = 'We are moving house.';
  world.carriers.push({ name: 'twilio', paused: 'Twilio refused our credentials.' }, { name: 'browser', paused: null });
  world.doNotCall.push({
    id: crypto.randomUUID(),
    number: '+13125550177',
    reason: 'Asked not to be called',
    createdAt: now,
  });
  world.numbers.push({
    id: crypto.randomUUID(),
    number: 'browser:ringback',
    carrier: 'browser',
    agentId: null,
    inboundEnabled: true,
    outboundEnabled: false,
    builtIn: true,
  });
  for (const status of ['scheduled', 'dialing', 'completed', 'no_answer', 'failed', 'cancelled'] as const) {
    world.putCallback({
      status,
      nextAttemptAt: status === 'scheduled' ? now.add({ minutes: 9 }) : null,
      failureReason: status === 'failed' ? 'No such number.' : null,
      reason: 'A refund',
    });
  }
  const missed = world.putCallback({
    status: 'no_answer',
    attemptsMade: 1,
    warning: 'Outbound is off for every number of this agent.',
  });
  for (const outcome of ['no_answer', 'completed', 'blocked', 'failed'] as const)
    world.putAttempt(missed.id, {
      outcome,
      counted: outcome !== 'blocked',
      detail: 'Said by the carrier.',
      carrierCallId: 'CA1',
    });
  for (const status of ['queued', 'ringing', 'in_progress', 'completed', 'no_answer', 'busy', 'failed'] as const)
    world.putCall({ status, endReason: status === 'completed' ? 'silence' : null });
  const call = world.putCall({
    status: 'completed',
    endedAt: now,
    endReason: 'error',
    recording: 'complete',
    recordingFile: 'a.wav',
    summary: 'About a refund.',
  });
  world.recordings.set(call.id, stereoWav(4));
  world.putTurn(call.id, { role: 'caller', text: 'Hello', endedAt: now });
  world.putTurn(call.id, {
    role: 'agent',
    text: 'One two three',
    heardText: 'One',
    interrupted: true,
    endedAt: now,
    latency: { endpointingMs: 1, sttMs: 1, llmFirstTokenMs: 1, ttsFirstByteMs: 1, firstAudioMs: 1, totalMs: 5 },
  });
  world.putTurn(call.id, {
    role: 'tool',
    toolName: 'schedule_callback',
    toolResult: { ok: false, error: 'No.' },
    endedAt: now,
  });
  world.putTurn(call.id, { role: 'tool', toolName: 'end_call', toolResult: { ok: true }, endedAt: now });
  const erased = world.putCall({ status: 'completed', endedAt: now, purgedAt: now });
  const open = world.putCallback({ toName: 'Maria', to: '+442071838751', timeZone: 'Europe/London' });
  world.auditLog.push({
    id: crypto.randomUUID(),
    at: now,
    actor: 'operator',
    action: 'agent.changed',
    subjectType: 'agent',
    subjectId: bruno.id,
    before: { name: 'Bert', callbackPolicy: { maxAttempts: 3 } },
    after: { name: 'Bruno', callbackPolicy: { maxAttempts: 5 } },
  });
  return [
    `/calls/${call.id}`,
    `/callbacks/${missed.id}`,
    `/agents/${bruno.id}`,
    `/calls/${erased.id}`,
    `/callbacks/${open.id}`,
  ];
}

describe.each([
  ['light', 1280],
  ['dark', 1280],
  ['light', 375],
  ['dark', 375],
] as const)('in %s colours, %i pixels wide', (colorScheme, width) => {
  test('no page and no state of the softphone breaks WCAG 2.2 AA, or scrolls sideways', async () => {
    const context = await browser.newContext({
      colorScheme,
      viewport: { width, height: 800 },
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    await page.goto(`${gateway.url}/sign-in`);
    await check(page, 'sign-in');
    await page.goto(`${gateway.url}/sign-in?ended=yes`);
    await page.getByText('You were signed out').waitFor();
    await check(page, 'signed out');
    await page.goto(gateway.newSignInLink());
    await page.getByRole('button', { name: 'What that means' }).click();
    for (const path of [
      '/callbacks',
      '/callbacks?tab=attention',
      '/callbacks?tab=history',
      '/callbacks?q=nobody%20of%20that%20name',
      '/callbacks?tab=all',
      callbackPath,
      '/calls',
      callPath,
      '/agents',
      agentPath,
      '/agents/new',
      '/tools',
      '/phone-numbers#number-13125550100',
      '/settings',
      '/settings/audit',
      erasedPath,
      '/nowhere',
    ]) {
      await page.goto(gateway.url + path);
      await page.getByRole('heading').first().waitFor();
      await expect
        .poll(() => page.getByRole('status', { name: 'Loading' }).count(), {
          message: `${path} to load`,
          timeout: 10_000,
        })
        .toBe(0);
      if (path === callPath) await page.getByText('The same as a table').click();
      await check(page, path);
    }
    await page.goto(gateway.url + agentPath);
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Give it a name.').first().waitFor();
    await check(page, 'an agent that is refused');
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Go back' }).waitFor();
    await check(page, 'the question before a delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Go back' }).click();
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.goto(`${gateway.url}/phone-numbers`);
    await page.getByRole('button', { name: 'Add a number' }).click();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Number' }).waitFor();
    await check(page, 'adding a number');
    await page.getByRole('dialog').getByRole('button', { name: 'Go back' }).click();
    await page.getByRole('button', { name: 'Check wiring of +13125550100' }).click();
    await page.getByRole('dialog').getByText('No call has come in yet.').waitFor();
    await check(page, 'the wiring of a number');
    await dialogs(page);
    await page.goto(`${gateway.url}/callbacks`);
    const softphone = page.getByRole('region', { name: 'Softphone' });
    await softphone.getByRole('button', { name: 'Call', exact: true }).click();
    await softphone.getByText('How can I help?').waitFor();
    await check(page, 'in a call');
    await softphone.getByRole('button', { name: 'Keypad', exact: true }).click();
    await softphone.getByRole('button', { name: '7', exact: true }).click();
    await softphone.getByText('7', { exact: true }).first().waitFor();
    await check(page, 'keys pressed');
    await gateway.ring(
      gateway.world.putCallback({
        to: String(await page.evaluate('localStorage.getItem("ringback.line")')),
        reason: 'The refund',
      }),
    );
    await softphone.getByRole('button', { name: 'Answer' }).waitFor();
    await softphone.getByText('The refund').waitFor();
    await check(page, 'rung in a call');
    expect((await softphone.getByText('Incoming call').boundingBox())?.y, 'the ring on the screen').toBeGreaterThan(0);
    await softphone.getByRole('button', { name: 'Decline' }).click();
    await softphone.getByRole('button', { name: 'Hang up' }).click();
    await softphone.getByText(/^Call ended/).waitFor();
    await check(page, 'after a call');
    await context.close();
  });
});

/** Every dialog of the list of callbacks, and the palette. */
async function dialogs(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog');
  await page.goto(`${gateway.url}/callbacks?book=new`);
  await dialog.getByLabel('Number').fill('+13125550142');
  await dialog.getByText('In Chicago', { exact: true }).waitFor();
  await check(page, 'booking');
  await page.goto(`${gateway.url}/callbacks?tab=all`);
  await page
    .getByRole('checkbox', { name: /^Select the callback/ })
    .first()
    .check();
  await check(page, 'a row that is ticked');
  await page.getByRole('button', { name: 'Move…' }).click();
  await dialog.getByLabel('By').waitFor();
  await check(page, 'moving several');
  await page.goto(gateway.url + openPath);
  for (const name of ['Move', 'Call now'] as const) {
    await page.getByRole('button', { name, exact: true }).click();
    await page
      .getByRole('dialog', { name: name === 'Move' ? /^Move the callback/ : /^Call .* now/ })
      .getByRole('button', { name: 'Go back' })
      .waitFor();
    await check(page, name);
    await page.keyboard.press('Escape');
  }
  await page.goto(`${gateway.url}/settings`);
  await page.getByLabel('Number of the person').fill('+13125550142');
  await page.getByRole('button', { name: 'Look up' }).click();
  await dialog.getByText('cannot be brought back').waitFor();
  await check(page, 'the question before an erasure');
  await page.goto(`${gateway.url}/tools`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find anything' }).fill('refund');
  await page.getByRole('listbox', { name: 'Findings' }).getByRole('option').first().waitFor();
  await check(page, 'the palette');
}

async function check(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze();
  const told = violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} (${failureSummary?.split('\n').slice(1).join('; ').slice(0, 200)})`).join(' | ')}`,
  );
  expect(told, where).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${where} scrolls sideways`).toBe(
    true,
  );
}
