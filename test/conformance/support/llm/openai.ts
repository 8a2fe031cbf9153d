import { smallTalk } from '../../../fakes/openai-small-talk.ts';
import { openOpenAiServer } from '../../../fakes/openai-server.ts';
import type { Rig } from '../rig.ts';

/** OpenAI's adapter against the fake, as any server in OpenAI's image is configured. */
export default async function openRig(): Promise<Rig> {
  const server = await openOpenAiServer({ reply: smallTalk });
  return {
    env: { OPENAI_BASE_URL: server.baseUrl, OPENAI_MODEL: 'fake' },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
