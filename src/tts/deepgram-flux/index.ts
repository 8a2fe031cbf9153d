import { deepgramAccount } from '../../wire/deepgram.ts';
import { isFlux } from '../../wire/deepgram-models.ts';
import { defineTts } from '../tts.ts';
import env from './env.ts';

/** Deepgram's Flux voices over a live socket. */
export default defineTts({
  name: 'deepgram-flux',
  title: 'Deepgram Flux',
  env,
  isFirst: ({ DEEPGRAM_TTS_MODEL }) => isFlux(DEEPGRAM_TTS_MODEL),
  open: async (settings, context) => {
    const account = deepgramAccount(settings);
    if (account === undefined) return undefined;
    const [sdk, { openFluxTts }] = await Promise.all([import('@deepgram/sdk'), import('./flux.ts')]);
    return openFluxTts(sdk, account, settings, context);
  },
});
