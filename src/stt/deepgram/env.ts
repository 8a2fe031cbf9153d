import { variable, wholeNumber } from '../../env.ts';
import { deepgramEnv } from '../../wire/deepgram.ts';
import { deepgramSttModel } from '../../wire/deepgram-models.ts';

export default {
  ...deepgramEnv,
  ...deepgramSttModel,
  DEEPGRAM_MAX_STT_STREAMS: variable(
    wholeNumber(1, 1_000_000).default(150),
    "The project's limit of live transcriptions at once by one model, over all replicas.",
    { wants: 'a whole number from 1', example: '150' },
  ),
  DEEPGRAM_STT_BATCH_MS: variable(
    wholeNumber(20, 250).default(40),
    'How much audio goes to a live transcription at a time, in ms: more takes less CPU (some 8 % at 40, 18 % at 100), and words come later by half of it. What is left is sent at once when somebody falls silent.',
    { wants: 'a whole number from 20 to 250', example: '40' },
  ),
};
