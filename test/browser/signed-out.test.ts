import { expect, test } from 'vitest';
import { useConsole } from '../support/console-page.ts';

const desk = useConsole();

test('whoever is signed out in the middle of a call is told at once, and goes on where they were', async () => {
  const { page, gateway } = desk;
  await desk.signIn('/callbacks?tab=all');
  const softphone = page.getByRole('region', { name: 'Softphone' });
  await softphone.getByRole('button', { name: 'Call', exact: true }).click();
  await softphone.getByText('How can I help?').waitFor();
  const [call] = gateway.world.calls.values();
  gateway.endSessions();
  await page.getByRole('status').getByText('You were signed out').waitFor();
  // The line went down with the session, and the call with the line.
  await expect.poll(() => gateway.agent.isLive(call?.id ?? ''), { message: 'the end of the call' }).toBe(false);
  await page.goto(
    `${gateway.newSignInLink()}&to=${encodeURIComponent(new URL(page.url()).searchParams.get('to') ?? '')}`,
  );
  await page.getByRole('heading', { name: 'Callbacks', exact: true }).waitFor();
  expect(new URL(page.url()).search).toBe('?tab=all');
});

test('a link that this browser used before leads to the console', async () => {
  const { page, gateway } = desk;
  const link = gateway.newSignInLink();
  await page.goto(link);
  await page.getByRole('heading', { name: 'Callbacks', exact: true }).waitFor();
  await page.goto(link);
  await page.getByRole('heading', { name: 'Callbacks', exact: true }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/callbacks');
});

test('no link leads to another site after the sign-in', async () => {
  const { page, gateway } = desk;
  await page.goto(`${gateway.newSignInLink()}&to=${encodeURIComponent('//evil.example/')}`);
  await page.getByRole('heading', { name: 'Callbacks', exact: true }).waitFor();
  expect(new URL(page.url()).origin).toBe(gateway.url);
});
