import { describe, expect, test } from 'vitest';
import { stereoWav } from '../fakes/stereo-wav.ts';
import { useConsole } from '../support/console-page.ts';
import { tabTo } from '../support/keyboard.ts';

const desk = useConsole({ browser: { timezoneId: 'Europe/Vienna' } });
const row = (name: string) => desk.page.getByRole('row').filter({ hasText: name });
const button = (name: string) => desk.page.getByRole('button', { name, exact: true });
const dialog = () => desk.page.getByRole('dialog');
const inOneHour = () => Temporal.Now.instant().add({ hours: 1 });

describe('finding', () => {
  test('what is searched for stands in the address, and the address finds it again', async () => {
    desk.gateway.world.putCallback({ toName: 'Maria', reason: 'The heating' });
    desk.gateway.world.putCallback({ toName: 'John', reason: 'An invoice', to: '+442071838751' });
    await desk.signIn();
    await row('John').waitFor();
    await desk.page.getByRole('searchbox', { name: 'Search' }).fill('heat');
    await row('John').waitFor({ state: 'detached' });
    await row('Maria').waitFor();
    expect(desk.page.url()).toContain('q=heat');
    const other = await desk.context.newPage();
    await other.goto(desk.page.url());
    await other.getByRole('row').filter({ hasText: 'Maria' }).waitFor();
    expect(await other.getByRole('row').filter({ hasText: 'John' }).count()).toBe(0);
    await other.close();
    await desk.page.getByRole('searchbox', { name: 'Search' }).fill('nobody of that name');
    await desk.page.getByText('Nothing matches these filters').waitFor();
    await button('Clear filters').click();
    await row('John').waitFor();
  });

  test('status, agent, number and days narrow the list, and the file that is taken away', async () => {
    const { world } = desk.gateway;
    const bea = world.addAgent({ name: 'Bea', isDefault: false });
    world.putCallback({ toName: 'Maria' });
    world.putCallback({ toName: 'John', agentId: bea.id, to: '+442071838751' });
    world.putCallback({ toName: 'Late', dueAt: Temporal.Now.instant().add({ hours: 24 * 20 }) });
    await desk.signIn();
    await desk.page.getByRole('search').getByLabel('Agent').selectOption({ label: 'Bea' });
    await row('Maria').waitFor({ state: 'detached' });
    await button('Clear filters').click();
    await desk.page.getByRole('search').getByLabel('Number').fill('+442071838751');
    await row('Maria').waitFor({ state: 'detached' });
    await row('John').waitFor();
    await button('Clear filters').click();
    const today = Temporal.Now.plainDateISO('Europe/Vienna');
    await desk.page.getByLabel('Due from').fill(today.add({ days: 10 }).toString());
    await row('Maria').waitFor({ state: 'detached' });
    await row('Late').waitFor();
    const file = desk.page.getByRole('link', { name: 'Export CSV' });
    expect(await file.getAttribute('href')).toContain('from=');
    const downloaded = desk.page.waitForEvent('download');
    await file.click();
    expect((await downloaded).suggestedFilename()).toBe('callbacks.csv');
  });

  test('a long list is gone through page by page, and back', async () => {
    for (let n = 0; n < 60; n += 1)
      desk.gateway.world.putCallback({ toName: `Person ${n}`, dueAt: Temporal.Now.instant().add({ minutes: n + 5 }) });
    await desk.signIn();
    await row('Person 49').waitFor();
    expect(await row('Person 50').count()).toBe(0);
    await button('Next page').click();
    await row('Person 59').waitFor();
    await button('Back').click();
    await row('Person 0').first().waitFor();
  });

  test('Ctrl+K finds a person, a page and an action by their words', async () => {
    const callback = desk.gateway.world.putCallback({ toName: 'Maria', reason: 'The heating' });
    await desk.signIn('/tools');
    await desk.page.getByRole('heading', { name: 'Tools' }).waitFor();
    await desk.page.keyboard.press('Control+k');
    const input = desk.page.getByRole('combobox', { name: 'Find anything' });
    await input.fill('heating');
    await desk.page.getByRole('option', { name: /Maria: The heating/ }).waitFor();
    await desk.page.keyboard.press('Enter');
    await desk.page.getByRole('dialog', { name: 'Callback' }).getByText('Maria').first().waitFor();
    expect(desk.page.url()).toContain(callback.id);
    await desk.page.keyboard.press('Escape');
    await desk.page.keyboard.press('Control+k');
    await input.fill('audit');
    await desk.page.keyboard.press('Enter');
    await desk.page.getByRole('heading', { name: 'Audit log' }).waitFor();
    await desk.page.keyboard.press('Control+k');
    await input.fill('new callback');
    await desk.page.keyboard.press('Enter');
    await desk.page.getByRole('dialog', { name: 'New callback' }).waitFor();
  });
});

describe('booking and moving', () => {
  test('a callback is booked on the clock of the person who is called', async () => {
    await desk.signIn();
    await button('New callback').click();
    await dialog().getByLabel('Number').fill('+1 312 555 0142');
    await dialog().getByText('In Chicago', { exact: true }).waitFor();
    await dialog().getByLabel('Name').fill('Maria');
    const tomorrow = Temporal.Now.zonedDateTimeISO('America/Chicago').add({ days: 1 }).with({ hour: 9, minute: 30 });
    await dialog()
      .getByLabel(/^When/)
      .fill(tomorrow.toPlainDateTime().toString({ smallestUnit: 'minute' }));
    await dialog()
      .getByText(/in Chicago is .* in Vienna/)
      .waitFor();
    await dialog().getByLabel('Reason').fill('The heating');
    await dialog().getByRole('button', { name: 'Book it' }).click();
    await row('Maria').getByText('The heating').waitFor();
    const [booked] = desk.gateway.world.callbacks.values();
    expect(booked).toMatchObject({ to: '+13125550142', toName: 'Maria', timeZone: 'America/Chicago' });
    expect(booked?.dueAt.toZonedDateTimeISO('America/Chicago').toPlainTime().toString({ smallestUnit: 'minute' })).toBe(
      '09:30',
    );
  });

  test('a time at night is answered with the next allowed one, as a button that books it', async () => {
    desk.gateway.refuseHours = true;
    await desk.signIn('/callbacks?book=new');
    await dialog().getByLabel('Number').fill('+13125550142');
    await dialog().getByText('In Chicago', { exact: true }).waitFor();
    const night = Temporal.Now.zonedDateTimeISO('America/Chicago').add({ days: 1 }).with({ hour: 3, minute: 0 });
    await dialog()
      .getByLabel(/^When/)
      .fill(night.toPlainDateTime().toString({ smallestUnit: 'minute' }));
    await dialog().getByText('That is outside the calling hours.').waitFor();
    await dialog().getByRole('button', { name: 'Book it' }).click();
    await dialog().getByText('Outside the calling hours there').waitFor();
    await dialog()
      .getByRole('button', { name: /^Book for .*08:00 in Chicago/ })
      .click();
    await row('+13125550142').waitFor();
    const [booked] = desk.gateway.world.callbacks.values();
    expect(booked?.dueAt.toZonedDateTimeISO('America/Chicago').hour).toBe(8);
  });

  test('somebody who is promised a call already is shown, and an impossible number says why', async () => {
    const existing = desk.gateway.world.putCallback({ toName: 'Maria', to: '+13125550142' });
    await desk.signIn('/callbacks?book=new');
    await dialog().getByLabel('Number').fill('123');
    await dialog().getByRole('button', { name: 'Book it' }).click();
    await dialog().getByText('This number may not be called').waitFor();
    await dialog().getByLabel('Number').fill('+13125550142');
    await dialog().getByRole('button', { name: 'Book it' }).click();
    await dialog().getByText('This person already has an open callback with this agent.').waitFor();
    await dialog().getByRole('link', { name: 'Open it, and move it instead' }).click();
    await desk.page.getByRole('dialog', { name: 'Callback' }).waitFor();
    expect(desk.page.url()).toContain(existing.id);
  });

  test('a callback is moved on both clocks, and one that has begun meanwhile says so', async () => {
    const callback = desk.gateway.world.putCallback({ toName: 'Maria', dueAt: inOneHour() });
    await desk.signIn(`/callbacks/${callback.id}`);
    await button('Move').click();
    const move = desk.page.getByRole('dialog', { name: 'Move the callback to Maria' });
    await move.getByRole('button', { name: 'Tomorrow 09:00 there' }).click();
    await move.getByText(/Tomorrow 09:00 in Chicago is|09:00 in Chicago is/).waitFor();
    await move.getByRole('button', { name: 'Move it' }).click();
    await move.waitFor({ state: 'detached' });
    const moved = desk.gateway.world.callbacks.get(callback.id);
    expect(moved?.dueAt.toZonedDateTimeISO('America/Chicago').toPlainTime().toString()).toBe('09:00:00');
    await button('Move').click();
    desk.gateway.world.putCallback({ id: callback.id, status: 'dialing', nextAttemptAt: null });
    await move.getByRole('button', { name: 'Move it' }).click();
    await desk.page.getByText('A callback that is being dialled cannot be moved.').waitFor();
  });

  test('call now says whom it rings and what the hour is there, and then does', async () => {
    const callback = desk.gateway.world.putCallback({ toName: 'Maria', dueAt: inOneHour() });
    await desk.signIn(`/callbacks/${callback.id}`);
    await button('Call now').click();
    const ask = desk.page.getByRole('dialog', { name: 'Call Maria now?' });
    await ask.getByText(/It rings at \+13125550142, where it is .*Chicago/).waitFor();
    await ask.getByRole('button', { name: 'Call now' }).click();
    await ask.waitFor({ state: 'detached' });
    const due = desk.gateway.world.callbacks.get(callback.id)?.nextAttemptAt?.epochMilliseconds ?? Infinity;
    expect(due).toBeLessThanOrEqual(Temporal.Now.instant().epochMilliseconds);
  });
});

describe('taking back', () => {
  test('a cancel is undone by a copy at the same time for the same reason', async () => {
    const dueAt = inOneHour();
    desk.gateway.world.putCallback({ toName: 'Maria', reason: 'The heating', dueAt });
    await desk.signIn();
    await button('Cancel the callback to Maria').click();
    await button('Undo').click();
    await desk.page.getByText('Booked again').waitFor();
    const rows = [...desk.gateway.world.callbacks.values()];
    expect(rows.map(({ status }) => status).toSorted()).toEqual(['cancelled', 'scheduled']);
    const copy = rows.find(({ status }) => status === 'scheduled');
    expect(copy).toMatchObject({ toName: 'Maria', reason: 'The heating' });
    expect(copy?.dueAt.epochMilliseconds).toBe(dueAt.epochMilliseconds);
  });

  test('rows keep their place under the pointer while others come and go', async () => {
    desk.gateway.world.putCallback({ toName: 'Second', dueAt: inOneHour() });
    await desk.signIn();
    await row('Second').hover();
    desk.gateway.world.putCallback({ toName: 'First', dueAt: Temporal.Now.instant().add({ minutes: 2 }) });
    await desk.page.getByText('1 row came or went: show').waitFor();
    expect(await desk.page.getByRole('row').nth(1).textContent()).toContain('Second');
    expect(await row('First').count()).toBe(0);
    await desk.page.getByRole('heading', { level: 1 }).hover();
    await row('First').waitFor();
    expect(await desk.page.getByRole('row').nth(1).textContent()).toContain('First');
  });

  test('many are cancelled at once, and each one that was not is named with its reason', async () => {
    const { world } = desk.gateway;
    const [maria, john] = ['Maria', 'John'].map((toName, index) =>
      world.putCallback({ toName, to: `+1312555014${index}`, dueAt: inOneHour() }),
    );
    await desk.signIn();
    await desk.page.getByRole('checkbox', { name: 'Select the callback to Maria' }).check();
    await button('Select all 2 on this page').click();
    await desk.page.getByRole('region', { name: 'Selected callbacks' }).getByText('2 selected').waitFor();
    await button('Cancel…').click();
    // The timer was faster for one of them.
    world.putCallback({ id: john?.id ?? '', status: 'dialing', nextAttemptAt: null });
    await dialog().getByRole('button', { name: 'Cancel 2 callbacks' }).click();
    await dialog().getByText('1 cancelled.').waitFor();
    await dialog().getByText('John: A callback that is being dialled cannot be cancelled.').waitFor();
    expect(world.callbacks.get(maria?.id ?? '')?.status).toBe('cancelled');
  });

  test('all that match are cancelled, on whichever page, as soon as the count that was shown is right', async () => {
    const { world } = desk.gateway;
    for (let n = 0; n < 60; n += 1)
      world.putCallback({ toName: `Person ${n}`, reason: 'The heating', dueAt: inOneHour().add({ minutes: n }) });
    world.putCallback({ toName: 'John', reason: 'An invoice', dueAt: inOneHour() });
    await desk.signIn('/callbacks?q=heating');
    await row('Person 49').waitFor();
    const bar = desk.page.getByRole('region', { name: 'Selected callbacks' });
    await desk.page.getByRole('checkbox', { name: 'Select the callback to Person 0' }).check();
    await button('Select all 50 on this page').click();
    await button('Select all 60 that match').click();
    await bar.getByText('All 60 that match selected').waitFor();
    await button('Cancel…').click();
    await dialog().getByText('Cancel 60 callbacks?').waitFor();
    for (let n = 60; n < 80; n += 1)
      world.putCallback({ toName: `Person ${n}`, reason: 'The heating', dueAt: inOneHour().add({ minutes: n }) });
    await dialog().getByRole('button', { name: 'Cancel 60 callbacks' }).click();
    await dialog().getByText('80 match by now, not 60. Nothing was changed yet.').waitFor();
    expect([...world.callbacks.values()].every(({ status }) => status === 'scheduled')).toBe(true);
    await dialog().getByRole('button', { name: 'Cancel 80 callbacks' }).click();
    await dialog().getByText('80 cancelled.').waitFor();
    const left = [...world.callbacks.values()].filter(({ status }) => status === 'scheduled');
    expect(left.map(({ toName }) => toName)).toEqual(['John']);
  });

  test('many are moved at once, each from its own time', async () => {
    const rows = ['Maria', 'John'].map((toName, index) =>
      desk.gateway.world.putCallback({ toName, to: `+1312555014${index}`, dueAt: inOneHour().add({ minutes: index }) }),
    );
    await desk.signIn();
    await desk.page.getByRole('checkbox', { name: 'Select the callback to Maria' }).check();
    await desk.page.getByRole('checkbox', { name: 'Select the callback to John' }).check();
    await button('Move…').click();
    await dialog().getByLabel('By').fill('2');
    await dialog().getByRole('button', { name: 'Move 2 callbacks' }).click();
    await dialog().getByText('2 moved.').waitFor();
    for (const { id, dueAt } of rows)
      expect(desk.gateway.world.callbacks.get(id)?.dueAt.since(dueAt).total('hours')).toBe(2);
  });
});

test('why a callback failed stands beside the way to its cure', async () => {
  const callback = desk.gateway.world.putCallback({
    status: 'failed',
    nextAttemptAt: null,
    failureCode: 'outbound_off',
    failureReason: 'No number with outbound switched on could dial this person.',
  });
  desk.gateway.world.addNumber();
  await desk.signIn(`/callbacks/${callback.id}?tab=attention`);
  const detail = desk.page.getByRole('dialog', { name: 'Callback' });
  await detail.getByText('Why it failed').waitFor();
  await detail.getByRole('link', { name: 'Switch outbound on' }).click();
  await desk.page.getByRole('switch', { name: 'Outbound from +13125550100' }).waitFor();
});

test('without a mouse: find a callback, move it, cancel it, take that back, open its call, play a turn', async () => {
  const { world } = desk.gateway;
  const start = Temporal.Instant.from('2026-11-24T09:30:00Z');
  const call = world.putCall({
    status: 'completed',
    startedAt: start,
    answeredAt: start,
    endedAt: start.add({ seconds: 8 }),
    recording: 'complete',
    recordingFile: 'a.wav',
  });
  world.recordings.set(call.id, stereoWav(8));
  world.putTurn(call.id, {
    role: 'caller',
    text: 'Call me back',
    startedAt: start,
    endedAt: start.add({ seconds: 2 }),
  });
  const callback = world.putCallback({
    toName: 'Maria',
    reason: 'The heating',
    dueAt: inOneHour(),
    originCallId: call.id,
  });
  await desk.signIn();
  await desk.page.keyboard.press('Control+k');
  await desk.page.getByRole('combobox', { name: 'Find anything' }).waitFor();
  await desk.page.keyboard.type('heating');
  await desk.page.getByRole('option', { name: /Maria/ }).waitFor();
  await desk.page.keyboard.press('Enter');
  const detail = desk.page.getByRole('dialog', { name: 'Callback' });
  await detail.waitFor();
  await tabTo(desk.page, 'Move');
  await desk.page.keyboard.press('Enter');
  const move = desk.page.getByRole('dialog', { name: 'Move the callback to Maria' });
  await move.waitFor();
  await tabTo(desk.page, 'In 15 min');
  await desk.page.keyboard.press('Enter');
  await tabTo(desk.page, 'Move it');
  await desk.page.keyboard.press('Enter');
  await move.waitFor({ state: 'detached' });
  expect(world.callbacks.get(callback.id)?.dueAt.since(Temporal.Now.instant()).total('minutes')).toBeLessThan(17);
  await tabTo(desk.page, 'Cancel the callback to Maria');
  await desk.page.keyboard.press('Enter');
  await detail.getByText('by an operator').waitFor();
  await desk.page.keyboard.press('Control+z');
  await desk.page.getByText('Booked again').waitFor();
  await tabTo(desk.page, 'in this call');
  await desk.page.keyboard.press('Enter');
  await desk.page.getByRole('heading', { name: /^Call from/ }).waitFor();
  await desk.page.getByRole('region', { name: 'Recording' }).getByText('0:00 / 0:08').waitFor();
  await tabTo(desk.page, 'Play from 0:00');
  await desk.page.keyboard.press('Enter');
  await button('Pause').waitFor();
});
