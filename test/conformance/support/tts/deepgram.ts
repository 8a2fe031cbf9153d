import { openDeepgramServer } from '../../../fakes/deepgram-server.ts';
import type { Rig } from '../rig.ts';

/** Deepgram's fake, with nothing wrong. */
export default async function openRig(): Promise<Rig> {
  const server = await openDeepgramServer();
  return {
    env: { DEEPGRAM_API_KEY: 'test-key', DEEPGRAM_BASE_URL: server.url },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
