import { deepgramAccount } from '../../wire/deepgram.ts';
import { isFlux } from '../../wire/deepgram-models.ts';
import { defineStt } from '../stt.ts';
import env from './env.ts';

/** Live speech recognition by Deepgram's Flux models, which find the ends of turns themselves. */
export default defineStt({
  name: 'deepgram-flux',
  title: 'Deepgram Flux',
  env,
  isFirst: ({ DEEPGRAM_STT_MODEL }) => isFlux(DEEPGRAM_STT_MODEL),
  open: async (settings, context) => {
    const account = deepgramAccount(settings);
    if (account === undefined) return undefined;
    const [sdk, { openFluxStt }] = await Promise.all([import('@deepgram/sdk'), import('./flux.ts')]);
    return openFluxStt(sdk, account, settings, context);
  },
});
