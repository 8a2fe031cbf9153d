import { defineLlm } from '../llm.ts';
import { endpointOf } from './endpoint.ts';
import env from './env.ts';

/** OpenAI, and every server that speaks its chat completions. */
export default defineLlm({
  name: 'openai',
  title: 'OpenAI',
  env,
  open: async (settings, context) => {
    const endpoint = endpointOf(settings);
    if (endpoint === undefined) return undefined;
    const { OpenAiLlm } = await import('./openai.ts');
    return new OpenAiLlm(endpoint, context);
  },
});
