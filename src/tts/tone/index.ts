import { defineTts } from '../tts.ts';
import env from './env.ts';

/** No voice at all, only its length: so that a call works where not even the local voice is installed. */
export default defineTts({
  name: 'tone',
  title: 'Tones instead of a voice',
  env,
  standIn: {
    rank: 1,
    notice:
      'There is no voice: soft tones last as long as the words would. Read them on the page, install the optional package @echogarden/espeak-ng-emscripten, or set DEEPGRAM_API_KEY.',
  },
  open: async (_env, context) => {
    const { openTone } = await import('./tone.ts');
    return openTone(context);
  },
});
