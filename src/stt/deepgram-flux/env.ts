import { z } from 'zod';
import { variable, wholeNumber } from '../../env.ts';
import { deepgramEnv } from '../../wire/deepgram.ts';
import { deepgramSttModel } from '../../wire/deepgram-models.ts';

export default {
  ...deepgramEnv,
  ...deepgramSttModel,
  DEEPGRAM_MAX_FLUX_STREAMS: variable(
    wholeNumber(1, 1_000_000).default(150),
    "The project's limit of live transcriptions by a Flux model at once, over all replicas.",
    { wants: 'a whole number from 1', example: '150' },
  ),
  DEEPGRAM_FLUX_EAGER: variable(
    z
      .string()
      .regex(/^0(\.\d{1,2})?$/)
      .transform(Number)
      .refine((threshold) => threshold === 0 || (threshold >= 0.3 && threshold <= 0.7))
      .default(0.4),
    'How sure Flux is that they have finished when the answer is begun in advance; less is earlier and asks the language model more often, 0 is never.',
    { wants: '0, or a number from 0.3 to 0.7', example: '0.4' },
  ),
};
