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
};
