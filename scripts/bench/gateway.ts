import { discoverAdapters, envFragments } from '../../src/adapters.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { openRingback } from '../../src/ringback.ts';
import { ACCOUNT_SID, AUTH_TOKEN } from '../../test/fakes/twilio/server.ts';
import { quietLog } from '../../test/support/quiet-log.ts';
import { answer, settingsOf } from './child.ts';
import { whatIsHeld } from '../../test/support/held.ts';

/* The whole product in a process of its own: its telephone is the load, its vendors are the fakes of the bench. */

const { databaseUrl, dataDir, vendorsUrl } = settingsOf() as {
  databaseUrl: string;
  dataDir: string;
  vendorsUrl: string;
};
const adapters = await discoverAdapters();
const log = quietLog();
const gateway = await openRingback({
  config: readConfig(
    {
      PORT: '0',
      DATABASE_URL: databaseUrl,
      DATA_DIR: dataDir,
      ADMIN_TOKEN: 'the-admin-token-of-the-bench',
      OPENAI_API_KEY: 'sk-bench',
      OPENAI_BASE_URL: `${vendorsUrl}/v1`,
      OPENAI_MODEL: 'bench',
      DEEPGRAM_API_KEY: 'bench',
      DEEPGRAM_BASE_URL: vendorsUrl,
      DEEPGRAM_MAX_STT_STREAMS: '100000',
      DEEPGRAM_MAX_TTS_STREAMS: '100000',
      TWILIO_ACCOUNT_SID: ACCOUNT_SID,
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      TWILIO_BASE_URL: vendorsUrl,
      TWILIO_CALLS_PER_SECOND: '0',
    },
    envFragments(adapters),
  ),
  adapters,
  clock: systemClock,
  log,
  random: Math.random,
  timeZone: 'America/New_York',
});
await gateway.printSignInLink(() => undefined);

const listens: object = log.lines.find(({ message }) => message === 'the gateway listens')?.fields ?? {};
const address = 'address' in listens ? String(listens.address) : '';

await answer(
  {
    address: () => address,
    publicUrl: () => gateway.url,
    memoryMb: () => process.memoryUsage().rss / 2 ** 20,
    held: () => whatIsHeld(),
  },
  async () => {
    await gateway[Symbol.asyncDispose]();
  },
);
