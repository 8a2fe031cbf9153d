import { deepgramAccount } from '../../wire/deepgram.ts';
import { defineStt } from '../stt.ts';
import env from './env.ts';

/** Live speech recognition by Deepgram's Nova models. */
export default defineStt({
  name: 'deepgram',
  title: 'Deepgram',
  env,
  open: async (settings, context) => {
    const account = deepgramAccount(settings);
    if (account === undefined) return undefined;
    const [sdk, { openDeepgramStt }] = await Promise.all([import('@deepgram/sdk'), import('./deepgram.ts')]);
    return openDeepgramStt(sdk, account, settings, context);
  },
});
