import { z } from 'zod';
import { variable, wholeNumber } from '../../env.ts';
import { deepgramEnv } from '../../wire/deepgram.ts';

export default {
  ...deepgramEnv,
  DEEPGRAM_STT_MODEL: variable(
    z
      .string()
      .regex(/^(?!flux)[\w.-]{1,64}$/)
      .default('nova-3'),
    'Model that recognises speech.',
    { wants: 'a model of live transcription such as nova-3 (flux models speak another protocol)', example: 'nova-3' },
  ),
  DEEPGRAM_MAX_STT_STREAMS: variable(
    wholeNumber(1, 1_000_000).default(150),
    "The project's limit of live transcriptions at once, over all replicas.",
    { wants: 'a whole number from 1', example: '150' },
  ),
};
