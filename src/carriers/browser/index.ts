import { defineCarrier } from '../carrier.ts';
import { BrowserCarrier } from './browser.ts';
import env from './env.ts';

/** The softphone of the console: the line that works with no account at all. */
export default defineCarrier({
  name: 'browser',
  title: 'Browser softphone',
  env,
  standIn: { rank: 0, notice: 'Calls are made in the browser: no telephone line is used.' },
  open: async (_env, context) => new BrowserCarrier(context),
});
