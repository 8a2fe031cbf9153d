import { deepgramAccount } from '../../wire/deepgram.ts';
import { defineTts } from '../tts.ts';
import env from './env.ts';

/** Deepgram's Aura voices over a live socket. */
export default defineTts({
  name: 'deepgram',
  title: 'Deepgram',
  env,
  open: async (settings, context) => {
    const account = deepgramAccount(settings);
    if (account === undefined) return undefined;
    const [sdk, { openDeepgramTts }] = await Promise.all([import('@deepgram/sdk'), import('./deepgram.ts')]);
    return openDeepgramTts(sdk, account, settings, context);
  },
});
