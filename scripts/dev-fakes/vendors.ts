import { hearBursts } from '../../test/fakes/deepgram-hearing.ts';
import { openDeepgramServer } from '../../test/fakes/deepgram-server.ts';
import { openOpenAiServer, type ChatRequest, type Reply } from '../../test/fakes/openai-server.ts';
import { smallTalk } from '../../test/fakes/openai-small-talk.ts';
import { TwilioServer } from '../../test/fakes/twilio/server.ts';

const DEEPGRAM_KEY = 'a-fake-deepgram-key';
/** About the speed of a person, so that what is said can be interrupted. */
const MS_PER_CHARACTER = 50;

/** Twilio, Deepgram and OpenAI on loopback. Whoever opens them disposes them. */
export interface FakeVendors extends AsyncDisposable {
  readonly twilio: TwilioServer;
  /** The settings with which a gateway uses them. */
  readonly environment: Readonly<Record<string, string>>;
}

/** `words` is what the recogniser understands, one entry for each burst of sound; it may grow. */
export async function openFakeVendors(words: readonly string[]): Promise<FakeVendors> {
  await using opened = new AsyncDisposableStack();
  const twilio = opened.use(await TwilioServer.open());
  const openai = opened.use(await openOpenAiServer({ reply: talk }));
  const deepgram = opened.use(await openDeepgramServer({ key: DEEPGRAM_KEY, hearing: hearBursts(words) }));
  deepgram.speaking.msPerCharacter = MS_PER_CHARACTER;
  const owned = opened.move();
  return {
    twilio,
    environment: {
      ...twilio.environment,
      OPENAI_API_KEY: 'a-fake-openai-key',
      OPENAI_BASE_URL: openai.baseUrl,
      OPENAI_MODEL: 'fake',
      DEEPGRAM_API_KEY: DEEPGRAM_KEY,
      DEEPGRAM_BASE_URL: deepgram.url,
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Notes of the gateway are followed, in so far as such a simple mind can; the rest is small talk. */
function talk(request: ChatRequest): Reply {
  const last = request.messages.at(-1)?.content ?? '';
  if (!last.startsWith('(A note to you')) return smallTalk(request);
  if (last.includes('Summarise this call')) return { text: 'They talked on the telephone.' };
  const before = request.messages.filter(({ role, content }) => role === 'user' && content?.startsWith('(') === false);
  // Who plays it twice has an earlier promise in the same conversation: the last one is the one that is kept.
  const wish = before.findLast(({ content }) => content?.includes('call me back') === true) ?? before[0];
  const words = wish?.content ?? '';
  return { text: `Hello again, I call you back as promised. You had said: ${words === '' ? 'nothing' : words}` };
}
