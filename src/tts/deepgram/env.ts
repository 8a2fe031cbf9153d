import { z } from 'zod';
import { variable, wholeNumber } from '../../env.ts';
import { deepgramEnv } from '../../wire/deepgram.ts';

export default {
  ...deepgramEnv,
  DEEPGRAM_TTS_MODEL: variable(
    z
      .string()
      .regex(/^(?!flux)[\w.-]{1,64}$/)
      .default('aura-2-thalia-en'),
    'The voice where an agent names none.',
    {
      wants: 'a voice of Aura such as aura-2-thalia-en (flux voices speak another protocol)',
      example: 'aura-2-thalia-en',
    },
  ),
  DEEPGRAM_MAX_TTS_STREAMS: variable(
    wholeNumber(1, 1_000_000).default(45),
    "The project's limit of live voices at once, over all replicas.",
    { wants: 'a whole number from 1', example: '45' },
  ),
};
