import { deepgramEnv } from '../../wire/deepgram.ts';
import { deepgramTtsModel, deepgramTtsStreams } from '../../wire/deepgram-models.ts';

export default { ...deepgramEnv, ...deepgramTtsModel, ...deepgramTtsStreams };
