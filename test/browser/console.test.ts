import { describe, expect, test } from 'vitest';
import { ADMIN_TOKEN, ConsoleGateway } from '../fakes/console-gateway.ts';
import { useConsole } from '../support/console-page.ts';

const desk = useConsole({ browser: { timezoneId: 'Europe/Vienna' } });
const softphone = () => desk.page.getByRole('region', { name: 'Softphone' });
const row = (name: string) => desk.page.getByRole('row').filter({ hasText: name });

describe('sign-in', () => {
  test('a link signs in once, and never stays in the address', async () => {
    const link = desk.gateway.newSignInLink();
    await desk.page.goto(link);
    await desk.page.getByRole('heading', { name: 'Callbacks', exact: true }).waitFor();
    expect(desk.page.url()).not.toContain('code=');
    await desk.context.clearCookies();
    await desk.page.goto(link);
    await desk.page.getByText('This link was used before').waitFor();
  });

  test('the admin token signs in, a wrong one is told so', async () => {
    await desk.page.goto(desk.gateway.url);
    await desk.page.getByLabel('Admin token').fill('wrong');
    await desk.page.getByRole('button', { name: 'Sign in' }).click();
    await desk.page.getByText('the token is wrong').waitFor();
    await desk.page.getByLabel('Admin token').fill(ADMIN_TOKEN);
    await desk.page.getByRole('button', { name: 'Sign in' }).click();
    await desk.page.getByRole('heading', { name: 'Callbacks', exact: true }).waitFor();
  });

  test('a session that ends leads to the sign-in page', async () => {
    await desk.signIn();
    desk.gateway.endSessions();
    // The page may find out by itself before anybody presses anything.
    await desk.page.goto(`${desk.gateway.url}/calls`);
    await desk.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});

describe('callbacks', () => {
  test('a change anywhere is on the page within a second', async () => {
    const callback = desk.gateway.world.putCallback({
      toName: 'Maria',
      dueAt: Temporal.Now.instant().add({ seconds: 90 }),
    });
    await desk.signIn();
    await row('Maria')
      .getByText(/^in 1:\d\d$/)
      .waitFor();
    await row('Maria').getByText('Scheduled').waitFor();
    desk.gateway.world.putCallback({ id: callback.id, status: 'dialing', nextAttemptAt: null });
    await row('Maria').getByText('Dialing').waitFor({ timeout: 1_000 });
    desk.gateway.world.putCallback({ toName: 'Newcomer' });
    await row('Newcomer').waitFor({ timeout: 1_500 });
  });

  test('a callback that was missed says when it is tried again, or that it is final', async () => {
    const now = Temporal.Now.instant();
    desk.gateway.world.putCallback({
      toName: 'Again',
      status: 'no_answer',
      attemptsMade: 2,
      dueAt: now.subtract({ hours: 1 }),
      nextAttemptAt: now.add({ hours: 1 }),
    });
    desk.gateway.world.putCallback({
      toName: 'Never',
      status: 'no_answer',
      attemptsMade: 3,
      nextAttemptAt: null,
      dueAt: now.subtract({ hours: 1 }),
    });
    await desk.signIn();
    await row('Again')
      .getByText(/2 of 3, next/)
      .waitFor();
    await desk.page.getByRole('tab', { name: 'History' }).click();
    await row('Never').getByText('3 of 3, final').waitFor();
    expect(await row('Again').count()).toBe(0);
    expect(desk.page.url()).toContain('tab=history');
  });

  test('cancel works at one press, and a refusal is shown with its reason', async () => {
    desk.gateway.world.putCallback({ toName: 'Maria' });
    await desk.signIn();
    desk.gateway.refuseCancel = true;
    await desk.page.getByRole('button', { name: 'Cancel the callback to Maria' }).click();
    await desk.page.getByText('A callback that is dialing cannot be cancelled.').waitFor();
    await row('Maria').getByText('Scheduled').waitFor();
    desk.gateway.refuseCancel = false;
    await desk.page.getByRole('button', { name: 'Cancel the callback to Maria' }).click();
    // It stays under the pointer, as what it is now, until the pointer leaves.
    await row('Maria').getByText('by an operator').waitFor();
    await desk.page.getByRole('tab', { name: 'All' }).hover();
    await row('Maria').waitFor({ state: 'detached' });
    await desk.page.getByRole('tab', { name: 'All' }).click();
    await row('Maria').getByText('by an operator').waitFor();
  });

  test('the detail shows every attempt, in an address that can be shared, and closes by keyboard', async () => {
    const callback = desk.gateway.world.putCallback({ toName: 'Maria', status: 'no_answer', attemptsMade: 1 });
    const attempt = desk.gateway.world.putAttempt(callback.id, {
      outcome: 'busy',
      carrierCallId: 'CA1',
      detail: 'The carrier said: busy.',
    });
    await desk.signIn(`/callbacks/${callback.id}`);
    const detail = desk.page.getByRole('dialog', { name: 'Callback' });
    await detail.getByText('Attempt 1: The line was busy').waitFor();
    await detail.getByText('The carrier said: busy.').waitFor();
    expect(await detail.getByRole('link', { name: 'Open the call' }).getAttribute('href')).toBe(
      `/calls/${attempt.callId}`,
    );
    await desk.page.keyboard.press('Escape');
    await detail.waitFor({ state: 'detached' });
  });

  test('words with markup, endless words and turned writing stay text and widen nothing', async () => {
    desk.gateway.world.putCallback({ toName: '<img src=x onerror=alert(1)>', reason: 'x'.repeat(500) });
    desk.gateway.world.putCallback({
      toName: '\u202Eevil '.repeat(50),
      reason: '🙂'.repeat(2_000),
      warning: 'w'.repeat(900),
    });
    for (const width of [1280, 375]) {
      await desk.page.setViewportSize({ width, height: 800 });
      await desk.signIn();
      await desk.page.getByText('<img src=x onerror=alert(1)>').waitFor();
      expect(
        await desk.page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
        `no sideways scrolling at ${width}`,
      ).toBe(true);
    }
  });

  test('a gateway that went away and came back is followed again without a reload', async () => {
    await desk.signIn();
    const port = Number(new URL(desk.gateway.url).port);
    await desk.gateway[Symbol.asyncDispose]();
    await desk.page.getByRole('status', { name: 'Connection: Reconnecting…' }).first().waitFor();
    await using again = await ConsoleGateway.open({ port });
    again.world.addAgent();
    again.acceptEverySession = true;
    again.world.putCallback({ toName: 'Booked meanwhile' });
    await row('Booked meanwhile').waitFor({ timeout: 20_000 });
    await softphone().getByText('Callbacks ring here').waitFor({ timeout: 20_000 });
  });
});

describe('softphone', () => {
  test('a call goes both ways: typed words out, sound and captions in', async () => {
    await desk.signIn();
    await softphone().getByRole('button', { name: 'Call', exact: true }).click();
    await softphone().getByText('How can I help?').waitFor();
    await softphone().getByRole('textbox', { name: 'Type what you would say' }).fill('hello');
    await desk.page.keyboard.press('Enter');
    await softphone().getByText('You said: hello').waitFor();
    await expect
      .poll(() => desk.gateway.agent.marks.length, { message: 'the mark after the last words' })
      .toBeGreaterThan(0);
    await expect.poll(() => desk.gateway.agent.heardBytes, { message: 'frames from the page' }).toBeGreaterThan(6_400);
    expect(await softphone().getByText('This browser plays no sound here').count()).toBe(0);
    await softphone().getByRole('button', { name: 'Hang up' }).click();
    await softphone()
      .getByText(/^Call ended after/)
      .waitFor();
    await softphone().getByRole('link', { name: 'Read and hear the call' }).click();
    await desk.page.getByRole('log', { name: 'Transcript' }).getByText('hello', { exact: true }).first().waitFor();
  });

  test('without speech recognition the page says that words are typed', async () => {
    await desk.signIn();
    await softphone().getByRole('button', { name: 'Call', exact: true }).click();
    await softphone().getByText('No speech recognition is set up').waitFor();
  });

  test('a microphone that is refused leaves the call, which goes on in writing', async () => {
    await desk.page.addInitScript(
      "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('refused', 'NotAllowedError'))",
    );
    await desk.signIn();
    await softphone().getByRole('button', { name: 'Call', exact: true }).click();
    await softphone().getByRole('button', { name: 'Use microphone' }).click();
    await softphone().getByText('The microphone is not allowed for this page').waitFor();
    await softphone().getByRole('textbox', { name: 'Type what you would say' }).fill('still here');
    await softphone().getByRole('button', { name: 'Send' }).click();
    await softphone().getByText('You said: still here').waitFor();
  });

  test('a microphone that is given can be muted and opened again', async () => {
    await desk.signIn();
    await softphone().getByRole('button', { name: 'Call', exact: true }).click();
    await softphone().getByRole('button', { name: 'Use microphone' }).click();
    // The browser's pretended microphone beeps once a second.
    await expect.poll(() => desk.gateway.agent.heardPeak, { message: 'the beep', timeout: 5_000 }).toBeGreaterThan(500);
    await softphone().getByRole('button', { name: 'Mute', exact: true }).click();
    await softphone().getByRole('button', { name: 'Unmute' }).waitFor();
    const { heardBytes } = desk.gateway.agent;
    // What was on its way when the button was pressed may still come.
    await expect
      .poll(() => desk.gateway.agent.heardBytes - heardBytes, { message: 'frames while muted' })
      .toBeGreaterThan(6_400);
    desk.gateway.agent.heardPeak = 0;
    const muted = desk.gateway.agent.heardBytes;
    await expect
      .poll(() => desk.gateway.agent.heardBytes - muted, { message: 'more than a beep of silence', timeout: 5_000 })
      .toBeGreaterThan(40_000);
    expect(desk.gateway.agent.heardPeak).toBe(0);
    await softphone().getByRole('button', { name: 'Unmute' }).click();
    await expect
      .poll(() => desk.gateway.agent.heardPeak, { message: 'the beep again', timeout: 5_000 })
      .toBeGreaterThan(500);
  });

  test('a promise made in a call counts down, rings, and is answered where it left off', async () => {
    await desk.signIn();
    await softphone().getByRole('button', { name: 'Call', exact: true }).click();
    await softphone().getByRole('textbox', { name: 'Type what you would say' }).fill('call me back in 30 seconds');
    await desk.page.keyboard.press('Enter');
    await softphone().getByText('Booked. I call you back in 30 seconds.').waitFor();
    await row('This browser')
      .getByText(/^in 0:\d\d$/)
      .waitFor();
    await softphone().getByRole('button', { name: 'Hang up' }).click();
    const [callback] = desk.gateway.world.callbacks.values();
    if (callback === undefined) throw new Error('nothing was booked');
    await desk.gateway.ring(callback);
    await softphone().getByText('Incoming call').waitFor();
    await expect
      .poll(() => desk.page.title(), { message: 'the title that flashes' })
      .toBe('Call from Ada from Acme Dental');
    await softphone().getByRole('button', { name: 'Answer' }).click();
    await softphone().getByText('Shall we go on where we were?').waitFor();
    await row('This browser').getByText('Dialing · On the call').waitFor();
  });

  test('all pages of a browser ring, and the first answer silences the others', async () => {
    await desk.signIn();
    const other = await desk.context.newPage();
    await other.goto(`${desk.gateway.url}/calls`);
    await other.getByRole('region', { name: 'Softphone' }).getByText('Callbacks ring here').waitFor();
    const line = await desk.page.evaluate('localStorage.getItem("ringback.line")');
    const callback = desk.gateway.world.putCallback({ to: String(line), reason: 'the refund' });
    await desk.gateway.ring(callback);
    await other.getByRole('region', { name: 'Softphone' }).getByText('the refund').waitFor();
    await softphone().getByRole('button', { name: 'Answer' }).click();
    await other.getByRole('button', { name: 'Answer' }).waitFor({ state: 'detached' });
  });

  test('a ring can be declined, and runs out by itself', async () => {
    await desk.signIn();
    await softphone().getByText('Callbacks ring here').waitFor();
    const to = String(await desk.page.evaluate('localStorage.getItem("ringback.line")'));
    await desk.gateway.ring(desk.gateway.world.putCallback({ to }));
    await softphone().getByRole('button', { name: 'Decline' }).click();
    await softphone().getByRole('button', { name: 'Call', exact: true }).waitFor();
    await desk.gateway.ring(desk.gateway.world.putCallback({ to }), 1);
    await softphone().getByRole('button', { name: 'Answer' }).waitFor();
    await softphone().getByRole('button', { name: 'Answer' }).waitFor({ state: 'detached' });
  });
});
