import { z } from 'zod';
import { baseUrl, variable } from '../../env.ts';

export default {
  OPENAI_API_KEY: variable(
    z
      .string()
      .regex(/^[\u0021-\u007E]+$/)
      .optional(),
    'Key of OpenAI, or of the server at OPENAI_BASE_URL; switches the language model on.',
    { wants: 'a key, without spaces', secret: true },
  ),
  OPENAI_BASE_URL: variable(
    baseUrl().optional(),
    "Any server that speaks OpenAI's chat completions (vLLM, Ollama, llama.cpp); switches the language model on, with or without a key. Without it OpenAI's own.",
    { wants: 'an http(s) URL, as a rule one that ends in /v1', example: 'http://127.0.0.1:11434/v1' },
  ),
  OPENAI_MODEL: variable(
    z.string().trim().min(1).max(200).optional(),
    'The model of agents that name none. Must be set where OPENAI_BASE_URL is not OpenAI; else gpt-6-luna.',
    { wants: 'the name of a model that the server has', example: 'gpt-6-luna' },
  ),
};
