import type { Locator } from 'playwright-core';
import { expect, test } from 'vitest';
import { useConsole } from '../support/console-page.ts';
import { tabTo } from '../support/keyboard.ts';

const desk = useConsole();

/** In a call, with the keypad open. */
async function openKeypad(): Promise<{ softphone: Locator; keypad: Locator }> {
  await desk.signIn();
  const softphone = desk.page.getByRole('region', { name: 'Softphone' });
  await softphone.getByRole('button', { name: 'Call', exact: true }).click();
  await softphone.getByText('How can I help?').waitFor();
  await softphone.getByRole('button', { name: 'Keypad', exact: true }).click();
  return { softphone, keypad: softphone.getByRole('group', { name: 'Keypad' }) };
}

test('keys are pressed with the mouse, seen, and stand among what was said', async () => {
  const { softphone, keypad } = await openKeypad();
  for (const key of ['4', '2', '0']) await keypad.getByRole('button', { name: key, exact: true }).click();
  await keypad.getByRole('status', { name: 'Keys pressed' }).getByText('420', { exact: true }).waitFor();
  await keypad.getByRole('button', { name: 'Hash' }).click();
  await softphone.getByRole('log').getByText('420#').waitFor();
  await keypad.getByText('Press keys here').waitFor();
});

test('an open keypad takes the digits of the keyboard, and Escape closes it', async () => {
  const { softphone, keypad } = await openKeypad();
  await keypad.getByRole('button', { name: '1', exact: true }).waitFor();
  for (const key of ['1', '*', '9', '#']) await desk.page.keyboard.press(key);
  await softphone.getByRole('log').getByText('1*9#').waitFor();
  await desk.page.keyboard.press('Escape');
  await keypad.waitFor({ state: 'detached' });
  expect(await desk.page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Keypad');
});

test('digits that are written into the line of words are words', async () => {
  const { softphone, keypad } = await openKeypad();
  const words = softphone.getByRole('textbox', { name: 'Type what you would say' });
  await words.focus();
  await desk.page.keyboard.type('call me in 5');
  expect(await words.inputValue()).toBe('call me in 5');
  await keypad.getByText('Press keys here').waitFor();
});

test('whoever writes is known to be there', async () => {
  const { softphone } = await openKeypad();
  expect(desk.gateway.agent.typings).toBe(0);
  await softphone.getByRole('textbox', { name: 'Type what you would say' }).pressSequentially('one moment');
  await expect.poll(() => desk.gateway.agent.typings, { message: 'the sign of somebody writing' }).toBe(1);
});

test('without a mouse: call, open the keypad, press keys, close it, hang up', async () => {
  await desk.signIn();
  const softphone = desk.page.getByRole('region', { name: 'Softphone' });
  await softphone.getByRole('button', { name: 'Call', exact: true }).waitFor();
  await tabTo(desk.page, 'Call');
  await desk.page.keyboard.press('Enter');
  await softphone.getByText('How can I help?').waitFor();
  await tabTo(desk.page, 'Keypad');
  await desk.page.keyboard.press('Enter');
  await softphone.getByRole('group', { name: 'Keypad' }).waitFor();
  await desk.page.keyboard.type('42#');
  await softphone.getByRole('log').getByText('42#').waitFor();
  await desk.page.keyboard.press('Escape');
  await softphone.getByRole('group', { name: 'Keypad' }).waitFor({ state: 'detached' });
  await tabTo(desk.page, 'Hang up');
  await desk.page.keyboard.press('Enter');
  await softphone.getByText(/^Call ended/).waitFor();
});
