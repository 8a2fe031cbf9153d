import { createRequire } from 'node:module';
import { defineTts } from '../tts.ts';
import env from './env.ts';

/** The voice that works with no account: espeak-ng on this machine. Its package is optional, as it is under the GPL. */
export default defineTts({
  name: 'local',
  title: 'Local voice (espeak-ng)',
  env,
  standIn: {
    rank: 0,
    speaksWords: true,
    notice: 'The voice is espeak-ng, a synthesiser on this machine; DEEPGRAM_API_KEY replaces it by a natural one.',
  },
  open: async (_env, context) => {
    if (!installed()) return undefined;
    const { openEspeak } = await import('./espeak.ts');
    return openEspeak(context);
  },
});

function installed(): boolean {
  try {
    return createRequire(import.meta.url).resolve('@echogarden/espeak-ng-emscripten') !== '';
  } catch {
    return false;
  }
}
