import type { Page } from 'playwright-core';
import { beforeEach, expect, test } from 'vitest';
import { stereoWav } from '../fakes/stereo-wav.ts';
import { useConsole } from '../support/console-page.ts';

const desk = useConsole();
beforeEach(() => desk.signIn());

const start = Temporal.Instant.from('2026-11-24T09:30:00Z');
const after = (seconds: number) => start.add({ milliseconds: seconds * 1000 });
const [endpointingMs, sttMs, llmFirstTokenMs, ttsFirstByteMs, firstAudioMs] = [200, 101, 303, 154, 42];

/** A call with two measured answers, the second of which took twice as long. */
function measuredCall(): string {
  const { world } = desk.gateway;
  const call = world.putCall({
    status: 'completed',
    startedAt: start,
    answeredAt: start,
    endedAt: after(30),
    recording: 'complete',
    recordingFile: 'a.wav',
  });
  world.recordings.set(call.id, stereoWav(30));
  for (const [at, times] of [
    [4, 1],
    [15, 2],
  ] as const) {
    const parts = { endpointingMs, sttMs, llmFirstTokenMs, ttsFirstByteMs, firstAudioMs };
    const latency = Object.fromEntries(Object.entries(parts).map(([part, ms]) => [part, ms * times]));
    world.putTurn(call.id, {
      role: 'agent',
      text: `Answer number ${times}.`,
      startedAt: after(at),
      endedAt: after(at + 2),
      latency: { ...parts, ...latency, totalMs: 800 * times },
    });
  }
  return call.id;
}

/** How many pixels of the chart have each of the colours; null where nothing is drawn yet. */
function pixelsOf(page: Page, names: readonly string[]): Promise<Record<string, number>> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector('.rb-plot canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const style = getComputedStyle(canvas);
    const count = (name) => {
      const wanted = [1, 3, 5].map((at) => parseInt(style.getPropertyValue(name).trim().slice(at, at + 2), 16));
      let found = 0;
      for (let at = 0; at < data.length; at += 4)
        if (wanted.every((value, channel) => data[at + channel] === value) && data[at + 3] === 255) found += 1;
      return found;
    };
    return Object.fromEntries(${JSON.stringify(names)}.map((name) => [name, count(name)]));
  })()`);
}

const PARTS = ['endpointingMs', 'sttMs', 'llmFirstTokenMs', 'ttsFirstByteMs', 'firstAudioMs'];

test('each part of each answer is drawn to scale, and the table says the same numbers', async () => {
  await desk.page.goto(`${desk.gateway.url}/calls/${measuredCall()}`);
  const section = desk.page.getByRole('region', { name: 'Time to answer', exact: true });
  await section.locator('canvas').waitFor();
  const pixels = await pixelsOf(
    desk.page,
    PARTS.map((part) => `--rb-part-${part}`),
  );
  const counts = PARTS.map((part) => pixels[`--rb-part-${part}`] ?? 0);
  const sum = counts.reduce((all, each) => all + each, 0);
  // Edges are blended, and the lines of the quantiles lie over the bars.
  for (const [index, ms] of [endpointingMs, sttMs, llmFirstTokenMs, ttsFirstByteMs, firstAudioMs].entries())
    expect.soft((counts[index] ?? 0) / sum, PARTS[index]).toBeCloseTo(ms / 800, 1);
  await section.getByText('The same as a table').click();
  const rows = section.getByRole('row');
  expect(await rows.nth(1).getByRole('cell').allTextContents()).toEqual([
    '200 ms',
    '101 ms',
    '303 ms',
    '154 ms',
    '42 ms',
    '800 ms',
  ]);
  expect(await rows.nth(2).getByRole('cell').last().textContent()).toBe('1600 ms');
});

test('a bar that is pointed at is read out, and one that is pressed is played from there', async () => {
  await desk.page.goto(`${desk.gateway.url}/calls/${measuredCall()}`);
  const recording = desk.page.getByRole('region', { name: 'Recording' });
  await recording.getByText('0:00 / 0:30').waitFor();
  const plot = desk.page.locator('.rb-plot .u-over');
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  if (box === null) throw new Error('the chart has no box');
  const second = { x: box.width * 0.75, y: box.height / 2 };
  await plot.hover({ position: second });
  await desk.page.getByText('At 0:15: 1.6 s – End of speech 400 ms').waitFor();
  await plot.click({ position: second });
  const position = recording.getByRole('slider', { name: 'Position' });
  await expect
    .poll(async () => Number(await position.getAttribute('aria-valuenow')), { message: 'the place of the answer' })
    .toBeGreaterThanOrEqual(15);
});

test('a chart takes the colours of the dark, and the width of a small screen', async () => {
  const path = `${desk.gateway.url}/calls/${measuredCall()}`;
  await desk.page.goto(path);
  const canvas = desk.page.locator('.rb-plot canvas');
  await canvas.waitFor();
  const wide = (await canvas.boundingBox())?.width ?? 0;
  await desk.page.emulateMedia({ colorScheme: 'dark' });
  // The words of its lines stand on patches of the card.
  await expect
    .poll(async () => (await pixelsOf(desk.page, ['--rb-card']))['--rb-card'], { message: 'a patch of the dark card' })
    .toBeGreaterThan(100);
  await desk.page.setViewportSize({ width: 375, height: 800 });
  await expect.poll(async () => (await canvas.boundingBox())?.width, { message: 'the width' }).toBeLessThan(wide);
  await expect
    .poll(() => desk.page.evaluate('document.documentElement.scrollWidth <= innerWidth'), {
      message: 'a page that fits',
    })
    .toBe(true);
  await expect
    .poll(async () => (await pixelsOf(desk.page, ['--rb-part-llmFirstTokenMs']))['--rb-part-llmFirstTokenMs'])
    .toBeGreaterThan(100);
});

test('where the chart cannot be fetched, the page stays and its table says the numbers', async () => {
  await desk.page.route('**/assets/latency-chart*.js', (route) => route.abort());
  await desk.page.goto(`${desk.gateway.url}/calls/${measuredCall()}`);
  await desk.page.getByText("The chart can't be drawn here.").waitFor();
  await desk.page.getByText('The same as a table').click();
  await desk.page.getByRole('cell', { name: '1600 ms' }).waitFor();
});
