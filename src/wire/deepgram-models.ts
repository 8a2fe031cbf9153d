import { z } from 'zod';
import { variable, wholeNumber } from '../env.ts';

/*
 * Deepgram speaks two protocols in each direction, and the model's name says which: `flux…` is version 2. The variable
 * that names the model belongs to the adapters of both.
 */

/** What recognises speech where an agent names no model. */
export const deepgramSttModel = {
  DEEPGRAM_STT_MODEL: variable(
    z
      .string()
      .regex(/^[\w.-]{1,64}$/)
      .default('nova-3'),
    'Model that recognises speech: nova-3 and its like, or a Flux model, which finds the ends of turns itself.',
    { wants: 'a model of live transcription such as nova-3 or flux-general-en', example: 'nova-3' },
  ),
};

/** What speaks where an agent names no voice. */
export const deepgramTtsModel = {
  DEEPGRAM_TTS_MODEL: variable(
    z
      .string()
      .regex(/^[\w.-]{1,64}$/)
      .default('aura-2-thalia-en'),
    'The voice where an agent names none: one of Aura, or one of Flux.',
    { wants: 'a voice such as aura-2-thalia-en or flux-alexis-en', example: 'aura-2-thalia-en' },
  ),
};

/** One limit for the voices of both protocols: the account's. */
export const deepgramTtsStreams = {
  DEEPGRAM_MAX_TTS_STREAMS: variable(
    wholeNumber(1, 1_000_000).default(45),
    "The project's limit of live voices at once, over all replicas.",
    { wants: 'a whole number from 1', example: '45' },
  ),
};

/** Whether a model, or a voice, is spoken to by version 2. */
export function isFlux(model: string): boolean {
  return model.startsWith('flux');
}
