import { beforeEach, describe, expect, test } from 'vitest';
import type { AgentSettings } from '../../src/domain/agent.ts';
import endCall from '../../src/tools/end-call.ts';
import scheduleCallback from '../../src/tools/schedule-callback.ts';
import { useConsole } from '../support/console-page.ts';

const desk = useConsole({
  gateway: () => ({
    tools: [scheduleCallback, endCall],
    vendors: [
      { kind: 'carrier', name: 'browser', title: 'Browser softphone', inUse: true, standIn: true, settings: [] },
      {
        kind: 'carrier',
        name: 'twilio',
        title: 'Twilio',
        inUse: true,
        standIn: false,
        settings: ['TWILIO_AUTH_TOKEN'],
      },
      {
        kind: 'tts',
        name: 'deepgram',
        title: 'Deepgram',
        inUse: false,
        standIn: false,
        settings: ['DEEPGRAM_API_KEY'],
      },
    ],
  }),
  browser: { viewport: { width: 1280, height: 900 } },
});

beforeEach(() => desk.signIn());

const visit = (path: string) => desk.page.goto(desk.gateway.url + path);
const field = (name: string) => desk.page.getByRole('textbox', { name, exact: true });
const button = (name: string) => desk.page.getByRole('button', { name, exact: true });
const heading = (name: string) => desk.page.getByRole('heading', { name, exact: true });
/** The name of what has the focus. */
const focused = () =>
  desk.page.evaluate('document.activeElement.ariaLabel ?? document.activeElement.labels?.[0]?.textContent');
const softphone = () => desk.page.getByRole('region', { name: 'Softphone' });

function agentNow(at = 0): AgentSettings {
  const agent = desk.gateway.world.agents[at];
  if (agent === undefined) throw new Error('there is no such agent');
  return agent;
}

describe('agents', () => {
  test('an agent is changed, and only what was changed is sent', async () => {
    const before = agentNow();
    const sent: unknown[] = [];
    desk.page.on('request', (request) => {
      if (request.method() === 'PATCH') sent.push(request.postDataJSON());
    });
    await visit('/agents');
    await desk.page.getByRole('link', { name: 'Edit Ada from Acme Dental' }).click();
    await field('Name').fill('Ada of Acme');
    await field('Attempts in all').fill('2');
    await field('After no answer').fill('5, 7.5');
    await desk.page.getByText('Nobody picks up: again after 5 min, then 7.5 min.').waitFor();
    await button('Save').click();
    await desk.page.getByText('Agent saved').waitFor();
    await heading('Ada of Acme').waitFor();
    await button('Save').waitFor({ state: 'detached' });
    expect(sent).toEqual([
      { name: 'Ada of Acme', callbackPolicy: { maxAttempts: 2, retryDelaysMinutes: { noAnswer: [5, 7.5] } } },
    ]);
    expect(agentNow()).toMatchObject({ prompt: before.prompt, callbackPolicy: { maxAttempts: 2, horizonDays: 30 } });
  });

  test('a refusal stands at the field that it is about, which has the focus', async () => {
    await visit(`/agents/${agentNow().id}`);
    await desk.page.getByRole('combobox', { name: 'Time zone of the business' }).fill('Mars/Olympus');
    await field('Rings for').fill('2');
    await button('Save').click();
    const zone = desk.page.getByRole('combobox', { name: 'Time zone of the business' });
    await desk.page.getByText('Not an IANA time zone such as America/Chicago.').first().waitFor();
    expect(await zone.getAttribute('aria-invalid')).toBe('true');
    expect(await field('Rings for').getAttribute('aria-invalid')).toBe('true');
    await expect.poll(() => focused()).toBe('Time zone of the business');
    expect(agentNow().timeZone).toBe('America/Chicago');
  });

  test('a word that is no number is told while it is typed, and never sent', async () => {
    await visit(`/agents/${agentNow().id}`);
    await field('After no answer').fill('15, soon');
    await desk.page.getByText('Minutes with commas between them, such as 15, 60').waitFor();
    expect(await button('Save').count()).toBe(0);
  });

  test('what is not saved is not left behind unasked', async () => {
    await visit(`/agents/${agentNow().id}`);
    await field('Greeting').fill('Good morning.');
    await desk.page.getByRole('link', { name: 'Tools' }).click();
    const asked = desk.page.getByRole('dialog', { name: 'Leave without saving?' });
    await asked.getByRole('button', { name: 'Go back' }).click();
    await asked.waitFor({ state: 'detached' });
    expect(await field('Greeting').inputValue()).toBe('Good morning.');
    await button('Discard').click();
    expect(await field('Greeting').inputValue()).toBe('Hello, this is Ada. How can I help?');
    await field('Greeting').fill('Good evening.');
    await desk.page.getByRole('link', { name: 'Tools' }).click();
    await asked.getByRole('button', { name: 'Leave', exact: true }).click();
    await heading('Tools').waitFor();
    expect(agentNow().greeting).toBe('Hello, this is Ada. How can I help?');
  });

  test('an agent is made, talked to, and deleted again', async () => {
    await visit('/agents');
    await desk.page.getByRole('link', { name: 'New agent' }).click();
    await button('Make the agent').click();
    await desk.page.getByText('Give it a name.').first().waitFor();
    await field('Name').fill('Bruno');
    await button('Make the agent').click();
    await heading('Bruno').waitFor();
    await button('Talk to this agent, Bruno').click();
    await softphone().getByText('How can I help?').waitFor();
    expect([...desk.gateway.world.calls.values()].at(-1)?.agentId).toBe(agentNow(1).id);
    await softphone().getByRole('button', { name: 'Hang up' }).click();
    await button('Delete').click();
    await desk.page.getByRole('dialog', { name: 'Delete Bruno?' }).getByRole('button', { name: 'Delete' }).click();
    await desk.page.getByText('Agent deleted').waitFor();
    await heading('Agents').waitFor();
    expect(desk.gateway.world.agents).toHaveLength(1);
  });

  test('a delete that is refused says why, and nothing is lost', async () => {
    await visit(`/agents/${agentNow().id}`);
    await button('Delete').click();
    await desk.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await desk.page.getByText("This agent can't be deleted: it is the default agent.").waitFor();
    await heading('Ada from Acme Dental').waitFor();
    expect(desk.gateway.world.agents).toHaveLength(1);
  });

  test('switching the notice off warns before it is saved', async () => {
    await visit(`/agents/${agentNow().id}`);
    await desk.page.getByRole('switch', { name: 'Say that it is an AI' }).press('Space');
    await desk.page.getByText('Many countries require this notice.').waitFor();
    await button('Save').click();
    await desk.page.getByText('Agent saved').waitFor();
    expect(agentNow().disclosure).toEqual({ enabled: false, businessName: 'Acme Dental' });
  });

  test('an agent that is gone is told, with the way on', async () => {
    await visit('/agents/018f0000-0000-7000-8000-00000000dead');
    await desk.page.getByText('There is no such agent.').waitFor();
    await button('Try again').waitFor();
  });
});

describe('tools', () => {
  test('a tool is switched for one agent and not for the other, by keyboard', async () => {
    desk.gateway.world.addAgent({ name: 'Bruno' });
    await visit('/tools');
    const tool = desk.page.getByRole('article', { name: 'Schedule a callback' });
    await tool.getByText('On for every agent').waitFor();
    await tool.getByRole('switch', { name: 'Schedule a callback: Bruno' }).press('Space');
    await tool.getByText('On for 1 of 2').waitFor();
    expect([agentNow(0), agentNow(1)].map(({ tools }) => tools['scheduleCallback'])).toEqual([true, false]);
  });
});

describe('phone numbers', () => {
  test('the warning of a callback leads to the switch that cures it', async () => {
    const number = desk.gateway.world.addNumber();
    desk.gateway.world.putCallback({
      toName: 'Maria',
      from: number.number,
      warning: 'No number with outbound switched on can dial this person; it will fail unless one is switched on.',
    });
    await visit('/callbacks');
    await desk.page.getByRole('link', { name: 'Switch outbound on' }).click();
    const outbound = desk.page.getByRole('switch', { name: 'Outbound from +13125550100' });
    await expect.poll(() => focused()).toBe('Outbound from +13125550100');
    await desk.page.keyboard.press('Space');
    await expect.poll(() => desk.gateway.world.numbers[0]?.outboundEnabled).toBe(true);
    await expect.poll(() => outbound.isChecked()).toBe(true);
  });

  test('a number is given to an agent', async () => {
    desk.gateway.world.addNumber();
    const bruno = desk.gateway.world.addAgent({ name: 'Bruno', isDefault: false });
    await visit('/phone-numbers');
    await desk.page.getByRole('combobox', { name: 'Agent of +13125550100' }).selectOption({ label: 'Bruno' });
    await expect.poll(() => desk.gateway.world.numbers[0]?.agentId).toBe(bruno.id);
  });

  test('a number is added as it was typed, and a wrong one is told at its field', async () => {
    await visit('/phone-numbers');
    await button('Add a number').click();
    const dialog = desk.page.getByRole('dialog', { name: 'Add a number' });
    await dialog.getByRole('textbox', { name: 'Number' }).fill('555 0100');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await dialog.getByText('Not a full international number, such as +13125550100.').waitFor();
    await dialog.getByRole('textbox', { name: 'Number' }).fill('+1 (312) 555-0199');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await desk.page.getByRole('article', { name: '+13125550199' }).waitFor();
    await dialog.waitFor({ state: 'detached' });
  });

  test('a number that is needed is not deleted, and the reason is shown; another is', async () => {
    desk.gateway.world.addNumber({ outboundEnabled: true });
    desk.gateway.world.addNumber({ number: '+13125550199' });
    desk.gateway.world.putCallback({ toName: 'Maria' });
    await visit('/phone-numbers');
    await button('Delete +13125550100').click();
    await desk.page
      .getByRole('dialog', { name: /^Delete / })
      .last()
      .getByRole('button', { name: 'Delete' })
      .click();
    await desk.page.getByText('1 open callbacks could be dialled from no other number').waitFor();
    await button('Delete +13125550199').click();
    await desk.page
      .getByRole('dialog', { name: /^Delete / })
      .last()
      .getByRole('button', { name: 'Delete' })
      .click();
    await desk.page.getByRole('article', { name: '+13125550199' }).waitFor({ state: 'detached' });
    await desk.page.getByRole('article', { name: '+13125550100' }).waitFor();
  });

  test("the browser's number has no way to be deleted", async () => {
    desk.gateway.world.addNumber({ number: 'browser:ringback', carrier: 'browser', builtIn: true });
    await visit('/phone-numbers');
    await desk.page.getByRole('article', { name: 'Browser softphone' }).waitFor();
    expect(await desk.page.getByRole('button', { name: /^Delete/ }).count()).toBe(0);
  });
});

describe('settings', () => {
  test('outbound is held with a reason, which every page shows, and released', async () => {
    await visit('/settings');
    await field('Reason to hold').fill('We are moving house');
    await button('Hold outbound').click();
    await desk.page.getByText('Nothing is dialled', { exact: true }).waitFor();
    await desk.page.getByRole('link', { name: 'Callbacks' }).click();
    await desk.page.getByText('Outbound calls are held').waitFor();
    await desk.page.getByText('We are moving house').waitFor();
    await desk.page.getByRole('alert').getByRole('link', { name: 'Settings' }).click();
    await button('Release outbound').click();
    await button('Hold outbound').waitFor();
    expect(desk.gateway.world.heldReason).toBeNull();
  });

  test('a paused carrier says why, and is resumed', async () => {
    desk.gateway.world.carriers.push({ name: 'twilio', paused: 'Twilio refused our credentials.' });
    await visit('/settings');
    await desk.page.getByText('Twilio refused our credentials.').waitFor();
    await button('Resume Twilio').click();
    await button('Resume Twilio').waitFor({ state: 'detached' });
    expect(desk.gateway.world.carriers[0]?.paused).toBeNull();
  });

  test('a number is put on the do-not-call list and taken off it', async () => {
    await visit('/settings');
    await desk.page.getByText('Nobody has asked not to be called.').waitFor();
    await field('Number').fill('nobody');
    await button('Never dial it').click();
    await desk.page.getByText('Not a full international number, such as +13125550142.').first().waitFor();
    await field('Number').fill('+1 312 555 0142');
    await field('Why').fill('<b>asked</b>');
    await button('Never dial it').click();
    const list = desk.page.getByRole('list', { name: 'Numbers that are never dialled' });
    await list.getByText('+13125550142').waitFor();
    await list.getByText('<b>asked</b>').waitFor();
    await desk.page.getByText('Its open callback was cancelled.').waitFor();
    await button('Remove +13125550142 from the list').click();
    await desk.page.getByText('Nobody has asked not to be called.').waitFor();
  });

  test('a vendor that is not set up says which settings it wants', async () => {
    await visit('/settings');
    const voices = desk.page.getByRole('list', { name: 'Voice' });
    await voices.getByText('Not set up').waitFor();
    await voices.getByText('DEEPGRAM_API_KEY').waitFor();
  });
});

test('hostile names and numbers stay text and widen no page', async () => {
  const { world } = desk.gateway;
  world.addAgent({
    name: `<img src=x onerror=alert(1)>${'x'.repeat(60)}`,
    prompt: 'p'.repeat(3_000),
    greeting: '\u202Eevil '.repeat(50),
    isDefault: false,
    callbackPolicy: { ...agentNow().callbackPolicy, allowedCountries: Array.from({ length: 120 }, () => 'US') },
  });
  world.addNumber({ agentId: agentNow(1).id, carrier: 'c'.repeat(40) });
  world.heldReason = 'h'.repeat(300);
  world.carriers.push({ name: 'twilio', paused: 'w'.repeat(400) });
  world.doNotCall.push({
    id: crypto.randomUUID(),
    number: '+13125550142',
    reason: '🙂'.repeat(250),
    createdAt: Temporal.Now.instant(),
  });
  for (const width of [1280, 375, 320]) {
    await desk.page.setViewportSize({ width, height: 800 });
    for (const path of ['/agents', `/agents/${agentNow(1).id}`, '/tools', '/phone-numbers', '/settings']) {
      await visit(path);
      await desk.page.getByRole('heading', { level: 1 }).waitFor();
      await expect.poll(() => desk.page.getByRole('status', { name: 'Loading' }).count()).toBe(0);
      expect(
        await desk.page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
        `no sideways scrolling of ${path} at ${width}`,
      ).toBe(true);
    }
  }
});
