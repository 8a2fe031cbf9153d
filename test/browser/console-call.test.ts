import { beforeEach, expect, test } from 'vitest';
import { stereoWav } from '../fakes/stereo-wav.ts';
import { useConsole } from '../support/console-page.ts';

const desk = useConsole();
beforeEach(() => desk.signIn());

const start = Temporal.Instant.from('2026-11-24T09:30:00Z');
const after = (seconds: number) => start.add({ milliseconds: seconds * 1000 });

function pastCall() {
  const { world } = desk.gateway;
  const call = world.putCall({
    status: 'completed',
    endReason: 'caller_hung_up',
    startedAt: start,
    answeredAt: start,
    endedAt: after(8),
    recording: 'complete',
    recordingFile: 'a.wav',
  });
  world.putTurn(call.id, {
    role: 'caller',
    text: 'Where is my <b>refund</b>?',
    startedAt: after(0),
    endedAt: after(2),
  });
  world.putTurn(call.id, {
    role: 'agent',
    text: 'It takes five days, and then',
    heardText: 'It takes five days,',
    interrupted: true,
    startedAt: after(2.5),
    endedAt: after(4),
  });
  world.putTurn(call.id, {
    role: 'tool',
    toolName: 'schedule_callback',
    toolArguments: { in_minutes: 30 },
    toolResult: { ok: false, error: 'That is outside the calling hours.' },
    startedAt: after(4),
    endedAt: after(4),
  });
  world.recordings.set(call.id, stereoWav(8));
  return call;
}

test('a call reads as it went: words unheard, the interruption, the tool that refused, and text as text', async () => {
  const call = pastCall();
  await desk.page.goto(`${desk.gateway.url}/calls/${call.id}`);
  const transcript = desk.page.getByRole('log', { name: 'Transcript' });
  await transcript.getByText('Where is my <b>refund</b>?').waitFor();
  expect(await transcript.locator('s').textContent()).toBe('and then');
  await transcript.getByText('Interrupted').waitFor();
  await transcript.getByText('That is outside the calling hours.').waitFor();
  await transcript.getByText('Details').click();
  await transcript.getByText('"in_minutes": 30').waitFor();
  await desk.page.getByRole('region', { name: 'About this call' }).getByText('They hung up').waitFor();
});

test('a recording is played and moved through by keyboard, and a turn is a place to jump to', async () => {
  const call = pastCall();
  await desk.page.goto(`${desk.gateway.url}/calls/${call.id}`);
  const recording = desk.page.getByRole('region', { name: 'Recording' });
  await recording.getByText('0:00 / 0:08').waitFor();
  const position = recording.getByRole('slider', { name: 'Position' });
  await position.focus();
  await desk.page.keyboard.press('ArrowRight');
  await expect
    .poll(() => position.getAttribute('aria-valuetext'), { message: 'the place after a press' })
    .toBe('0:01 of 0:08');
  await recording.getByRole('button', { name: 'Play', exact: true }).press('Enter');
  await recording.getByRole('button', { name: 'Pause' }).waitFor();
  await expect
    .poll(async () => Number(await position.getAttribute('aria-valuenow')), { message: 'sound that goes on' })
    .toBeGreaterThan(1.3);
  await desk.page.getByRole('button', { name: 'Play from 0:02' }).click();
  await expect
    .poll(async () => Number(await position.getAttribute('aria-valuenow')), { message: 'the place of the turn' })
    .toBeGreaterThan(2.4);
  await recording.getByRole('button', { name: 'Pause' }).click();
  await recording.getByRole('button', { name: 'Play', exact: true }).waitFor();
});

test('a recording that is gone is told, and the transcript stays', async () => {
  const call = pastCall();
  desk.gateway.world.recordings.clear();
  await desk.page.goto(`${desk.gateway.url}/calls/${call.id}`);
  await desk.page.getByText("The recording can't be played").waitFor();
  await desk.page.getByText('Where is my <b>refund</b>?').waitFor();
});

test('a call that goes on is read as it is spoken, and ends on the page when it ends', async () => {
  const call = desk.gateway.world.putCall({});
  await desk.page.goto(`${desk.gateway.url}/calls/${call.id}`);
  await desk.page.getByText('Nothing has been said yet.').waitFor();
  const { index } = desk.gateway.world.putTurn(call.id, { text: 'It takes' });
  await desk.page.getByText('It takes', { exact: true }).waitFor();
  desk.gateway.world.putTurn(call.id, { index, text: 'It takes five days.' });
  await desk.page.getByText('It takes five days.').waitFor();
  desk.gateway.world.putCall({
    id: call.id,
    status: 'completed',
    endedAt: Temporal.Now.instant(),
    endReason: 'agent_ended',
  });
  await desk.page.getByRole('region', { name: 'About this call' }).getByText('The agent said goodbye').waitFor();
  await desk.page.getByRole('button', { name: 'End this call' }).waitFor({ state: 'detached' });
});

test('a call links to the callback that it kept and to the calls of the same conversation', async () => {
  const first = pastCall();
  const callback = desk.gateway.world.putCallback({
    status: 'completed',
    nextAttemptAt: null,
    originCallId: first.id,
    conversationId: first.conversationId,
  });
  const second = desk.gateway.world.putCall({
    direction: 'outbound',
    status: 'completed',
    callbackId: callback.id,
    conversationId: first.conversationId,
    startedAt: after(60),
    answeredAt: after(60),
    endedAt: after(70),
  });
  await desk.page.goto(`${desk.gateway.url}/calls`);
  await desk.page.getByRole('link', { name: '+13125550100' }).first().click();
  await desk.page.getByRole('link', { name: 'Open the callback that this call kept' }).waitFor();
  expect(desk.page.url()).toContain(second.id);
  await desk.page.getByRole('link', { name: 'Continued from an earlier call' }).click();
  await desk.page.getByText('Where is my <b>refund</b>?').waitFor();
});

test('the transcript follows the player, and a mark on the waveform is a place to jump to', async () => {
  const call = pastCall();
  for (let turn = 0; turn < 12; turn += 1)
    desk.gateway.world.putTurn(call.id, {
      role: 'agent',
      text: `Then, for the ${turn}th time, a sentence that takes its time. `.repeat(4),
      startedAt: after(4 + turn * 0.25),
      endedAt: after(4.25 + turn * 0.25),
    });
  await desk.page.goto(`${desk.gateway.url}/calls/${call.id}`);
  const transcript = desk.page.getByRole('log', { name: 'Transcript' });
  const current = transcript.locator('[aria-current="true"]');
  await desk.page.getByRole('region', { name: 'Recording' }).getByText('0:00 / 0:08').waitFor();
  expect(await desk.page.evaluate('document.querySelector(".rb-transcript").scrollTop')).toBe(0);
  await desk.page.locator('.rb-mark-turn').last().click();
  await current.getByText('the 11th time').waitFor();
  await expect
    .poll(() => desk.page.evaluate('document.querySelector(".rb-transcript").scrollTop > 0'), {
      message: 'the turn in view',
    })
    .toBe(true);
  expect(await desk.page.evaluate('scrollY')).toBe(0);
  expect(await desk.page.locator('.rb-mark-interruption').count()).toBe(1);
  expect(await desk.page.locator('.rb-mark-tool').count()).toBe(1);
});
