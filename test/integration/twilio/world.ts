import postgres from 'postgres';
import { discoverAdapters, envFragments, type Adapters } from '../../../src/adapters.ts';
import { defaultCallbackTimes } from '../../../src/callbacks/deps.ts';
import { systemClock } from '../../../src/clock.ts';
import { readConfig } from '../../../src/config.ts';
import type { Gateway, GatewayTimes } from '../../../src/gateway.ts';
import { openRingback } from '../../../src/ringback.ts';
import { defaultSchedulerTimes } from '../../../src/scheduler/times.ts';
import { hearBursts } from '../../fakes/deepgram-hearing.ts';
import { openDeepgramServer, type DeepgramServer } from '../../fakes/deepgram-server.ts';
import { openOpenAiServer, type ChatRequest, type OpenAiServer, type Reply } from '../../fakes/openai-server.ts';
import { smallTalk } from '../../fakes/openai-small-talk.ts';
import { callerFrame } from '../../fakes/spoken-audio.ts';
import type { TwilioCall } from '../../fakes/twilio/call.ts';
import { ACCOUNT_SID, AUTH_TOKEN, TwilioServer } from '../../fakes/twilio/server.ts';
import { twilioSignature } from '../../fakes/twilio/signature.ts';
import { createTestDatabase } from '../../support/database.ts';
import { openFolder } from '../../support/folder.ts';
import { quietLog, type LogLine } from '../../support/quiet-log.ts';
import { until } from '../../support/until.ts';

export const OURS = '+13105550142';
export const PERSON = '+12125550147';
export const TOKEN = 'the-admin-token-of-a-test';

export interface TelephoneOptions {
  /** What the caller says, one sentence for each `speak`. */
  readonly sentences?: readonly string[] | (() => string | undefined);
  readonly reply?: (request: ChatRequest) => Reply | Promise<Reply>;
  /** Changes of the agent, as the API takes them. */
  readonly agent?: { readonly callbackPolicy?: object; readonly [setting: string]: unknown };
  readonly environment?: Readonly<Record<string, string>>;
  readonly times?: GatewayTimes;
}

/** The members that tests look at. */
export interface Wire {
  readonly [name: string]: unknown;
  readonly id: string;
  readonly status: string;
  readonly attempts: readonly Wire[];
  readonly items: readonly Wire[];
  readonly transcript: readonly Wire[];
}

/** The whole gateway over fakes of every vendor, on loopback. Whoever opens it closes it. */
export interface Telephone extends AsyncDisposable {
  readonly twilio: TwilioServer;
  readonly openai: OpenAiServer;
  readonly deepgram: DeepgramServer;
  readonly gateway: Gateway;
  /** Where it listens: its PUBLIC_URL may be elsewhere. */
  readonly address: string;
  readonly log: readonly LogLine[];
  readonly sql: postgres.Sql;
  /** The inbound-call webhook. */
  readonly voice: string;
  api(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<Wire>;
  /** Asks again until `fits`. */
  watch(what: string, path: string, fits: (body: Wire) => boolean, withinMs?: number): Promise<Wire>;
  /** The content of every table but those that change by themselves. */
  contents(): Promise<string>;
  /** Posts a form, signed unless told otherwise; resolves with the status and the body. */
  post(path: string, fields: Readonly<Record<string, string>>, signature?: string | null): Promise<Posted>;
  /** Books a call back that is due now, without any conversation before it. */
  book(to?: string): Promise<Wire>;
}

/** Waits that a person would not sit through. */
const quickTimes: GatewayTimes = {
  callbacks: { ...defaultCallbackTimes, ringGraceMs: 1_500, unknownChecksMs: [200, 400, 600], verdictMs: 500 },
  scheduler: { ...defaultSchedulerTimes, lookEveryMs: 100 },
  accountWatch: { everyMs: 200, deadlineMs: 1_000 },
  lostStreams: { lookAfterMs: [400, 400], deadlineMs: 1_000 },
};

export interface Posted {
  readonly status: number;
  readonly body: string;
}

let known: Promise<Adapters> | null = null;

export async function openTelephone(options: TelephoneOptions = {}): Promise<Telephone> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await openFolder());
  const database = opened.use(await createTestDatabase());
  const twilio = opened.use(await TwilioServer.open());
  const openai = opened.use(await openOpenAiServer({ reply: options.reply ?? talk }));
  const deepgram = opened.use(await openDeepgramServer({ hearing: hearBursts(options.sentences ?? []) }));
  // Fast talkers: a sentence takes as long as its playing.
  deepgram.speaking.msPerCharacter = 12;
  const adapters = await (known ??= discoverAdapters());
  const config = readConfig(
    {
      PORT: '0',
      DATABASE_URL: database.url,
      DATA_DIR: folder.path,
      ADMIN_TOKEN: TOKEN,
      OPENAI_API_KEY: 'sk-fake',
      OPENAI_BASE_URL: openai.baseUrl,
      OPENAI_MODEL: 'fake',
      DEEPGRAM_API_KEY: 'test-key',
      DEEPGRAM_BASE_URL: deepgram.url,
      ...twilio.environment,
      TWILIO_CALLS_PER_SECOND: '0',
      ...options.environment,
    },
    envFragments(adapters),
  );
  const log = quietLog();
  const gateway = opened.use(
    await openRingback({
      config,
      adapters,
      clock: systemClock,
      log,
      random: Math.random,
      timeZone: 'America/New_York',
      times: options.times ?? quickTimes,
    }),
  );
  await until(
    'the database',
    gateway.printSignInLink(() => undefined),
  );
  const sql = postgres(database.url, { max: 1, onnotice: () => undefined });
  opened.defer(() => sql.end());
  // Where it really listens, whatever its PUBLIC_URL says.
  const listens = log.lines.find(({ message }) => message === 'the gateway listens')?.fields as { address: string };
  const base = listens.address;

  async function api(method: string, path: string, body?: object): Promise<Wire> {
    const answer = await fetch(`${base}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as Wire;
  }

  async function watch(what: string, path: string, fits: (body: Wire) => boolean, withinMs = 15_000): Promise<Wire> {
    const stop = AbortSignal.timeout(withinMs);
    for (let last: Wire | undefined; ;) {
      if (stop.aborted) throw new Error(`waited ${withinMs} ms for ${what}; last: ${JSON.stringify(last)}`);
      last = await api('GET', path);
      if (fits(last)) return last;
      await systemClock.sleep(25, new AbortController().signal);
    }
  }

  await watch('the built-in agent', '/agents', ({ items }) => items.length > 0);
  const [agent] = (await api('GET', '/agents')).items;
  await api('PATCH', `/agents/${agent?.id ?? ''}`, {
    disclosure: { enabled: false },
    recording: 'on',
    greeting: 'Hello.',
    ...options.agent,
    callbackPolicy: {
      callingHours: null,
      ...options.agent?.callbackPolicy,
    },
  });
  await api('POST', '/phone-numbers', { number: OURS, carrier: 'twilio', outboundEnabled: true });

  const owned = opened.move();
  return {
    twilio,
    openai,
    deepgram,
    gateway,
    address: base,
    log: log.lines,
    sql,
    voice: `${gateway.url}/carriers/twilio/voice`,
    api,
    watch,
    async contents() {
      const tables = await sql<{ name: string }[]>`
        select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'replica' order by 1`;
      const rows: string[] = [];
      for (const { name } of tables) {
        const found = await sql<{ row: string }[]>`select t::text as row from ${sql(name)} t order by 1`;
        rows.push(name, ...found.map(({ row }) => row));
      }
      return rows.join('\n');
    },
    async post(path, fields, signature) {
      const form = new URLSearchParams({ AccountSid: ACCOUNT_SID, ...fields });
      const signed = signature === undefined ? twilioSignature(AUTH_TOKEN, `${gateway.url}${path}`, form) : signature;
      const answer = await fetch(`${base}${path}`, {
        method: 'POST',
        body: form,
        headers: signed === null ? {} : { 'x-twilio-signature': signed },
      });
      return { status: answer.status, body: await answer.text() };
    },
    book: (to = PERSON) =>
      api('POST', '/callbacks', {
        agentId: agent?.id,
        to,
        dueAt: Temporal.Now.instant().toString({ smallestUnit: 'millisecond' }),
        reason: 'their broken heating',
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A note of the gateway's is followed, not repeated. */
function talk(request: ChatRequest): Reply {
  const isNote = request.messages.at(-1)?.content?.startsWith('(A note to you') === true;
  return isNote ? { text: 'Hello again, as promised.' } : smallTalk(request);
}

/** Says the next sentence: a voice of so long; what words it makes is the recogniser's. */
export function speak(call: TwilioCall, ms = 600): void {
  for (let at = 0; at < ms; at += 20) call.leg?.speak(callerFrame('voice'));
}
