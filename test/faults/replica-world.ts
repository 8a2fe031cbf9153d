import postgres from 'postgres';
import { systemClock } from '../../src/clock.ts';
import { hearBursts } from '../fakes/deepgram-hearing.ts';
import { openDeepgramServer, type DeepgramServer } from '../fakes/deepgram-server.ts';
import { openOpenAiServer, type ChatRequest, type OpenAiServer, type Reply } from '../fakes/openai-server.ts';
import { smallTalk } from '../fakes/openai-small-talk.ts';
import { ACCOUNT_SID, AUTH_TOKEN, TwilioServer } from '../fakes/twilio/server.ts';
import { twilioSignature } from '../fakes/twilio/signature.ts';
import { openBalancer, type Balancer } from '../support/balancer.ts';
import { createTestDatabase } from '../support/database.ts';
import { openFolder } from '../support/folder.ts';
import { startReplica, type Replica } from '../support/product.ts';
import { until } from '../support/until.ts';

export const OURS = '+13105550142';
export const PERSON = '+12125550147';
export const TOKEN = 'the-admin-token-of-a-test';
/** `npm run faults -- --full`: real internal times and whole numbers. */
export const FULL = process.env['RINGBACK_FAULTS'] === 'full';

/** Of a replica's log, where a wait for it was in vain. */
const LINES_SHOWN = 40;

/** The members that tests look at. */
export interface Wire {
  readonly [name: string]: unknown;
  readonly id: string;
  readonly status: string;
  readonly items: readonly Wire[];
  readonly attempts: readonly Wire[];
  readonly transcript: readonly Wire[];
}

export interface ReplicaWorldOptions {
  /** What the caller says, one sentence for each burst of their voice. */
  readonly sentences?: readonly string[];
  readonly reply?: (request: ChatRequest) => Reply | Promise<Reply>;
  readonly agent?: { readonly callbackPolicy?: object; readonly [setting: string]: unknown };
  readonly environment?: Readonly<Record<string, string>>;
  /** Instead of a database of its own: where replicas find theirs, and where the test itself does. */
  readonly database?: { readonly url: string; readonly sqlUrl: string };
  /** Internal times of a test (`run-replica.ts`) where not all is at full length. */
  readonly scaled?: boolean;
}

/** Replicas of the product behind one address, over one database and fakes of every vendor. Whoever opens it closes it. */
export class ReplicaWorld implements AsyncDisposable {
  readonly twilio: TwilioServer;
  readonly openai: OpenAiServer;
  readonly deepgram: DeepgramServer;
  readonly balancer: Balancer;
  readonly sql: postgres.Sql;
  readonly replicas = new Map<string, Replica>();
  readonly #opened: AsyncDisposableStack;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #script: string;
  #agentId = '';

  private constructor(
    fakes: Pick<ReplicaWorld, 'twilio' | 'openai' | 'deepgram' | 'balancer' | 'sql'>,
    opened: AsyncDisposableStack,
    environment: Readonly<Record<string, string>>,
    script: string,
  ) {
    this.twilio = fakes.twilio;
    this.openai = fakes.openai;
    this.deepgram = fakes.deepgram;
    this.balancer = fakes.balancer;
    this.sql = fakes.sql;
    this.#opened = opened;
    this.#environment = environment;
    this.#script = script;
  }

  /** Opens it with these replicas ready, and one agent with one number. */
  static async open(names: readonly string[], options: ReplicaWorldOptions = {}): Promise<ReplicaWorld> {
    await using opened = new AsyncDisposableStack();
    const { url } = options.database ?? opened.use(await createTestDatabase());
    const twilio = opened.use(await TwilioServer.open());
    const openai = opened.use(await openOpenAiServer({ reply: options.reply ?? talk }));
    const deepgram = opened.use(await openDeepgramServer({ hearing: hearBursts(options.sentences ?? []) }));
    const balancer = opened.use(await openBalancer());
    const sql = postgres(options.database?.sqlUrl ?? url, { max: 2, onnotice: () => undefined });
    opened.defer(() => sql.end());
    const environment = {
      DATABASE_URL: url,
      PUBLIC_URL: balancer.url,
      ADMIN_TOKEN: TOKEN,
      OPENAI_API_KEY: 'sk-fake',
      OPENAI_BASE_URL: openai.baseUrl,
      OPENAI_MODEL: 'fake',
      DEEPGRAM_API_KEY: 'test-key',
      DEEPGRAM_BASE_URL: deepgram.url,
      ...twilio.environment,
      TWILIO_CALLS_PER_SECOND: '0',
      ...options.environment,
    };
    const script = options.scaled === true && !FULL ? 'test/faults/run-replica.ts' : 'scripts/start.ts';
    const fakes = { twilio, openai, deepgram, balancer, sql };
    const world = new ReplicaWorld(fakes, opened.move(), environment, script);
    try {
      await Promise.all(names.map((name) => world.start(name)));
      if (names.length > 0) await world.setUp(options.agent);
      return world;
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Of the database, as the replicas have it. */
  get url(): string {
    return this.#environment['DATABASE_URL'] ?? '';
  }

  get agentId(): string {
    return this.#agentId;
  }

  /** The inbound-call webhook. */
  get voice(): string {
    return `${this.balancer.url}/carriers/twilio/voice`;
  }

  /** Starts a replica, which listens but may not be ready. `environment` goes before that of the world. */
  async launch(name: string, environment: Readonly<Record<string, string>> = {}): Promise<Replica> {
    const folder = this.#opened.use(await openFolder());
    const replica = this.#opened.use(
      await startReplica({ ...this.#environment, DATA_DIR: folder.path, ...environment }, this.#script),
    );
    this.replicas.set(name, replica);
    this.balancer.add(name, replica.url);
    return replica;
  }

  /** Starts a replica and waits until calls are given to it. */
  async start(name: string, environment: Readonly<Record<string, string>> = {}): Promise<Replica> {
    const replica = await this.launch(name, environment);
    await until(`replica ${name}`, this.balancer.sees(name, true), 60_000, () => this.lastWordsOf(name));
    return replica;
  }

  /** For a failure that nobody sees twice: whether it is ready, and what it logged last. */
  async lastWordsOf(name: string): Promise<string> {
    const { url, output, pid } = this.replica(name);
    const ready = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) })
      .then(async (answer) => `${answer.status} ${await answer.text()}`)
      .catch(String);
    const log = output.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n');
    return `${name} (process ${pid}) says of itself: ${ready}; its log ends with\n${log}`;
  }

  replica(name: string): Replica {
    const replica = this.replicas.get(name);
    if (replica === undefined) throw new Error(`there is no replica ${name}`);
    return replica;
  }

  /** Who served the last thing whose path begins so. */
  servedLast(method: string, path: string): string | undefined {
    return this.balancer.served.findLast((one) => one.method === method && one.path.startsWith(path))?.by;
  }

  async api(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object): Promise<Wire> {
    const answer = await this.ask(method, path, body);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return JSON.parse(text) as Wire;
  }

  /** The same with whatever is answered. */
  ask(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object): Promise<Response> {
    return fetch(`${this.balancer.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** A webhook that the carrier signed, to one replica, or to whoever's turn it is. */
  async signed(name: string | null, path: string, fields: Readonly<Record<string, string>>): Promise<Response> {
    const form = new URLSearchParams({ AccountSid: ACCOUNT_SID, ...fields });
    return fetch(`${name === null ? this.balancer.url : this.replica(name).url}${path}`, {
      method: 'POST',
      body: form,
      headers: { 'x-twilio-signature': twilioSignature(AUTH_TOKEN, `${this.balancer.url}${path}`, form) },
    });
  }

  /** Asks again until `fits`, also over moments in which nobody is there to answer. */
  async watch(what: string, path: string, fits: (body: Wire) => boolean, withinMs = 30_000): Promise<Wire> {
    const stop = AbortSignal.timeout(withinMs);
    for (let last: Wire | undefined; ;) {
      if (stop.aborted) throw new Error(`waited ${withinMs} ms for ${what}; last: ${JSON.stringify(last)}`);
      const answer = await this.ask('GET', path);
      const text = await answer.text();
      if (!answer.ok && answer.status < 500) throw new Error(`GET ${path} answered ${answer.status}: ${text}`);
      if (answer.ok) last = JSON.parse(text) as Wire;
      if (answer.ok && last !== undefined && fits(last)) return last;
      await systemClock.sleep(50, new AbortController().signal);
    }
  }

  /** The only log of a call at the carrier, once it is over. */
  async logOf(sid: string): Promise<Wire> {
    const own = (body: Wire): readonly Wire[] => body.items.filter(({ carrierCallId }) => carrierCallId === sid);
    const found = await this.watch('the end of the call log', '/calls', (body) => own(body)[0]?.['endedAt'] != null);
    const [log, ...others] = own(found);
    if (log === undefined || others.length > 0) throw new Error(`the call has ${others.length + 1} logs`);
    return this.api('GET', `/calls/${log.id}`);
  }

  /** One agent with one number; done by `open` where it starts a replica. */
  async setUp(agent?: ReplicaWorldOptions['agent']): Promise<void> {
    const { items } = await this.watch('the built-in agent', '/agents', (body) => body.items.length > 0);
    this.#agentId = items[0]?.id ?? '';
    await this.api('PATCH', `/agents/${this.#agentId}`, {
      disclosure: { enabled: false },
      recording: 'off',
      greeting: 'Hello.',
      ...agent,
      callbackPolicy: { callingHours: null, detectMachines: false, ...agent?.callbackPolicy },
    });
    await this.api('POST', '/phone-numbers', { number: OURS, carrier: 'twilio', outboundEnabled: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }
}

/** A note of the gateway's is followed, not repeated. */
export function talk(request: ChatRequest): Reply {
  const isNote = request.messages.at(-1)?.content?.startsWith('(A note to you') === true;
  return isNote ? { text: 'Hello again, as promised.' } : smallTalk(request);
}
