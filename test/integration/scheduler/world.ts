import { randomUUID } from 'node:crypto';
import type { Database } from '../../../db/database.ts';
import { openReplicaStore } from '../../../db/replica-store.ts';
import { agent, phoneNumber } from '../../../db/schema.ts';
import { uuidv7 } from '../../../db/uuid.ts';
import { bookCallback } from '../../../src/callbacks/book.ts';
import type { CallbackDeps } from '../../../src/callbacks/deps.ts';
import { systemClock } from '../../../src/clock.ts';
import { defaultCallbackPolicy, defaultLimits, type AgentSettings } from '../../../src/domain/agent.ts';
import type { CallbackAttempt } from '../../../src/domain/attempt.ts';
import type { Callback } from '../../../src/domain/callback.ts';
import { isOpen } from '../../../src/domain/callback-states.ts';
import { openScheduler, type Scheduler, type SchedulerOptions } from '../../../src/scheduler/scheduler.ts';
import { HttpCarrier } from '../../fakes/http-carrier.ts';
import { createTestDatabase } from '../../support/database.ts';
import { quietLog, type LogLine } from '../../support/quiet-log.ts';
import { until } from '../../support/until.ts';
import { callbackDeps, openTestDatabase, shortTimes } from './parts.ts';

/** An agent whose retries come after a quarter of a second. */
export const testAgent: AgentSettings = {
  id: uuidv7(),
  name: 'Test agent',
  prompt: '',
  greeting: '',
  language: 'en-US',
  timeZone: 'Europe/Berlin',
  isDefault: true,
  stt: null,
  llm: null,
  voice: null,
  recording: 'off',
  disclosure: { enabled: false, businessName: '' },
  limits: defaultLimits,
  tools: {},
  callbackPolicy: {
    ...defaultCallbackPolicy,
    callingHours: null,
    ringTimeoutSeconds: 1,
    retryDelaysMinutes: { noAnswer: [0.004], busy: [0.004], machine: [0.004] },
  },
};

/** A database with an agent and a number, and as many replicas on it as a test wants. */
export class World implements AsyncDisposable {
  readonly url: string;
  readonly database: Database;
  readonly lines: LogLine[] = [];
  readonly #opened: AsyncDisposableStack;
  readonly #carrierUrl: string;

  private constructor(url: string, database: Database, opened: AsyncDisposableStack, carrierUrl: string) {
    this.url = url;
    this.database = database;
    this.#opened = opened;
    this.#carrierUrl = carrierUrl;
  }

  static async open(carrierUrl: string, settings: AgentSettings = testAgent): Promise<World> {
    await using opened = new AsyncDisposableStack();
    const { url } = opened.use(await createTestDatabase());
    const database = opened.use(openTestDatabase(url));
    await until('the database', database.ready());
    await database.orm.insert(agent).values(settings);
    await database.orm.insert(phoneNumber).values({
      id: uuidv7(),
      number: '+4930123456',
      carrier: 'fake',
      agentId: settings.id,
      outboundEnabled: true,
    });
    return new World(url, database, opened.move(), carrierUrl);
  }

  deps(database = this.database): CallbackDeps {
    return callbackDeps(database, this.#carrierUrl);
  }

  /** One more replica, with connections of its own (by another way, if `url` is given); it stops with the world at the latest. */
  async replica(over: Partial<SchedulerOptions> = {}, url = this.url): Promise<Scheduler & { readonly id: string }> {
    const database = this.#opened.use(openTestDatabase(url));
    const carrier = new HttpCarrier(this.#carrierUrl);
    const id = randomUUID();
    const scheduler = this.#opened.use(
      openScheduler({
        replicaId: id,
        version: 'test',
        callbacks: this.deps(database),
        replicas: openReplicaStore(database),
        database,
        carrierOf: (name) => (name === carrier.name ? carrier : undefined),
        linesFree: () => Infinity,
        vendorsDown: () => [],
        clock: systemClock,
        log: quietLog(this.lines),
        random: Math.random,
        times: shortTimes,
        ...over,
      }),
    );
    scheduler.start();
    await until('the scheduler', scheduler.started());
    return Object.assign(scheduler, { id });
  }

  /** Books a callback to a person of its own, `inMs` from now by the database's clock. */
  async book(inMs: number, to = `browser:${randomUUID().replaceAll('-', '').slice(0, 16)}`): Promise<Callback> {
    const { callback } = await bookCallback(this.deps(), {
      agent: testAgent,
      to,
      toName: null,
      reason: 'the test',
      when: (now) => ({ at: now.add({ milliseconds: inMs }), zone: 'Europe/Berlin', zoneNamed: true }),
      originCallId: null,
      dialled: null,
      by: 'api',
      confirmed: true,
      override: false,
      key: null,
      body: null,
    });
    return callback;
  }

  /** Waits until the callback is as `holds` says. */
  see(id: string, what: string, holds: (callback: Callback) => boolean): Promise<Callback> {
    return this.#watch(what, () => this.deps().store.find(id), holds);
  }

  /** Waits until the callback's newest attempt has one of these statuses. */
  seeAttempt(callbackId: string, ...statuses: CallbackAttempt['status'][]): Promise<CallbackAttempt> {
    const newest = async () => (await this.attempts(callbackId)).at(-1);
    return this.#watch(`an attempt that is ${statuses.join(' or ')}`, newest, (attempt) =>
      statuses.includes(attempt.status),
    );
  }

  final(id: string): Promise<Callback> {
    return this.see(id, 'the end of the callback', (callback) => callback.status !== 'dialing' && !isOpen(callback));
  }

  attempts(id: string) {
    return this.deps().store.attemptsOf(id);
  }

  async #watch<T>(what: string, read: () => Promise<T | undefined>, holds: (row: T) => boolean): Promise<T> {
    for (const given = AbortSignal.timeout(15_000); ;) {
      const row = await read();
      if (row !== undefined && holds(row)) return row;
      if (given.aborted) throw new Error(`waited for ${what}: ${JSON.stringify({ row, log: this.lines })}`);
      await systemClock.sleep(20, new AbortController().signal);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }
}
