import { defineLlm } from '../llm.ts';
import env from './env.ts';

/** What thinks where no language model is configured. */
export default defineLlm({
  name: 'demo',
  title: 'Demo brain',
  env,
  standIn: {
    rank: 0,
    notice:
      'The agent thinks with a scripted demo brain, not a language model: it books call backs and little else. OPENAI_API_KEY replaces it.',
  },
  open: async (_env, context) => {
    const { openDemoBrain } = await import('./demo-brain.ts');
    return openDemoBrain(context);
  },
});
