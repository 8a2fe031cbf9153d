import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { wireTime } from '../../src/api/common.ts';
import type { HealthWire } from '../../src/api/health.ts';
import type { SystemWire } from '../../src/api/system.ts';
import { buildApp } from '../../src/app.ts';
import { BrowserCarrier } from '../../src/carriers/browser/browser.ts';
import { systemClock } from '../../src/clock.ts';
import type { Callback } from '../../src/domain/callback.ts';
import { RingbackError } from '../../src/errors.ts';
import type { AppDeps } from '../../src/http/deps.ts';
import { quietLog } from '../support/quiet-log.ts';
import { ConsoleAgent } from './console-agent.ts';
import { consoleCallbacks } from './console-callbacks.ts';
import { pageOfRows } from './console-pages.ts';
import { consoleSetUp } from './console-set-up.ts';
import { ConsoleWorld } from './console-world.ts';

/** What a test may set apart from the rows. */
export interface ConsoleGatewayOptions {
  readonly speech?: boolean;
  readonly standIns?: SystemWire['standIns'];
  readonly vendors?: SystemWire['vendors'];
  readonly tools?: AppDeps['tools'];
  readonly consoleDir?: string;
  readonly port?: number;
}

const REPLICA = '019b0000-0000-7000-8000-000000000001';

export const ADMIN_TOKEN = 'admin-token-of-a-test';

/**
 * The gateway as the console sees it: the real HTTP surface and the real browser carrier on a loopback port, over rows
 * in memory and an agent that hums. For what a whole gateway can't be brought to at will: refusals, old promises,
 * hostile words, broken recordings. Whoever opens it closes it.
 */
export class ConsoleGateway implements AsyncDisposable {
  readonly world = new ConsoleWorld();
  readonly agent = new ConsoleAgent(this.world);
  readonly carrier: BrowserCarrier;
  /** The processes of this installation; the first one answers. */
  readonly replicas: HealthWire['replicas'] = [
    {
      id: REPLICA,
      version: '0.1.0',
      startedAt: wireTime(Temporal.Now.instant().subtract({ hours: 5 })),
      leaseSeconds: 12.4,
      draining: false,
      liveCalls: 0,
    },
  ];
  readonly #sessions = new Map<string, { id: string; userAgent: string; at: Temporal.Instant }>();
  readonly #hearers = new Set<() => void>();
  readonly #codes = new Set<string>();
  readonly #options: ConsoleGatewayOptions;
  #app: FastifyInstance | null = null;
  #url = '';
  /** Cancels are refused as if the timer had been faster. */
  refuseCancel = false;
  /** Times at night are refused, with the next allowed one. */
  refuseHours = false;
  /** Any session is good: a gateway that came back with the same database. */
  acceptEverySession = false;

  private constructor(options: ConsoleGatewayOptions) {
    this.#options = options;
    this.carrier = new BrowserCarrier({
      clock: systemClock,
      log: quietLog(),
      random: Math.random,
      publicUrl: '',
      host: this.agent,
    });
  }

  static async open(options: ConsoleGatewayOptions = {}): Promise<ConsoleGateway> {
    const gateway = new ConsoleGateway(options);
    gateway.#app = await buildApp(gateway.#deps());
    gateway.#url = await gateway.#app.listen({ port: options.port ?? 0, host: '127.0.0.1' });
    return gateway;
  }

  get url(): string {
    return this.#url;
  }

  newSignInLink(): string {
    const code = randomUUID();
    this.#codes.add(code);
    return `${this.#url}/sign-in?code=${code}`;
  }

  /** Signs every page out. */
  endSessions(): void {
    this.#sessions.clear();
    this.#tellEnds();
  }

  #tellEnds(): void {
    for (const hear of this.#hearers) hear();
  }

  /** Dials a callback to a browser's line, as the scheduler would. */
  async ring(callback: Callback, ringTimeoutSeconds = 30): Promise<void> {
    const attempt = this.world.putAttempt(callback.id, { status: 'ringing', to: callback.to });
    this.world.putCallback({ id: callback.id, status: 'dialing', currentAttemptId: attempt.id, nextAttemptAt: null });
    await this.carrier.dial({
      attemptId: attempt.id,
      callbackId: callback.id,
      attemptNumber: attempt.number,
      callId: attempt.callId,
      to: callback.to,
      from: 'browser:ringback',
      ringTimeoutSeconds,
      machineDetection: 'off',
      display: { agentName: this.world.agents[0]?.name ?? 'Agent', topic: callback.reason },
      beforeSend: () => undefined,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.agent.close();
    await this.carrier[Symbol.asyncDispose]();
    await this.#app?.close();
  }

  #deps(): AppDeps {
    const { world } = this;
    return {
      clock: systemClock,
      log: quietLog(),
      publicUrl: () => this.#url,
      trustProxy: null,
      notReady: () => null,
      auth: this.#auth(),
      feed: world.feed,
      callbacks: consoleCallbacks(world, () => ({ cancel: this.refuseCancel, hours: this.refuseHours })),
      calls: this.#calls(),
      ...consoleSetUp(world),
      tools: this.#options.tools ?? [],
      carriers: [{ carrier: this.carrier, host: this.agent }],
      system: async () => ({
        version: '0',
        now: Temporal.Now.instant().toString(),
        speech: this.#options.speech ?? false,
        outbound: { held: world.heldReason !== null, heldReason: world.heldReason },
        standIns: this.#options.standIns ?? [],
        vendors: this.#options.vendors ?? [],
      }),
      health: async () => ({
        replicaId: REPLICA,
        replicas: this.replicas,
        database: {
          version: '18.4',
          answerMs: 0.8,
          sizeBytes: 41_000_000,
          migrations: 5,
          embedded: true,
          cannotRecognise: [],
        },
        eventLoop: { utilization: 0.04, delayP99Ms: 1.2, overloaded: false },
        limits: { outboundAllowlist: null, maxConcurrentCalls: null, retentionDays: 90, drainSeconds: 600 },
      }),
      ledger: () => Promise.reject(new RingbackError('not_ready', ['no ledger is kept here'])),
      metrics: async () => ({ contentType: 'text/plain', text: '' }),
      metricsToken: null,
      consoleDir: this.#options.consoleDir ?? fileURLToPath(new URL('../../dist/console', import.meta.url)),
    };
  }

  #auth(): AppDeps['auth'] {
    const row = (session: string, current: string | null) => {
      const { id, userAgent, at } = this.#sessions.get(session) ?? {
        id: session,
        userAgent: '',
        at: Temporal.Now.instant(),
      };
      return {
        id,
        userAgent,
        createdAt: at,
        seenAt: at,
        expiresAt: at.add({ hours: 168 }),
        current: session === current,
      };
    };
    return {
      newSignInCode: async () => randomUUID(),
      signIn: async (credentials, userAgent) => {
        const valid = 'token' in credentials ? credentials.token === ADMIN_TOKEN : this.#codes.delete(credentials.code);
        if (!valid) throw new RingbackError('invalid_credentials');
        const session = randomUUID();
        this.#sessions.set(session, { id: randomUUID(), userAgent, at: Temporal.Now.instant() });
        return { session, expiresAt: Temporal.Now.instant().add({ hours: 1 }) };
      },
      signOut: async (session) => {
        this.#sessions.delete(session);
        this.#tellEnds();
      },
      isAdminToken: async (token) => token === ADMIN_TOKEN,
      isSession: async (session) => this.acceptEverySession || this.#sessions.has(session),
      sessions: async (current) => [...this.#sessions.keys()].toReversed().map((session) => row(session, current)),
      revoke: async (which) => {
        const gone = [...this.#sessions].filter(([session, { id }]) =>
          'id' in which ? id === which.id : session !== which.allBut,
        );
        for (const [session] of gone) this.#sessions.delete(session);
        this.#tellEnds();
        return gone.length;
      },
      onSessionsEnded: (hear) => {
        this.#hearers.add(hear);
        return { [Symbol.dispose]: () => void this.#hearers.delete(hear) };
      },
    };
  }

  #calls(): AppDeps['calls'] {
    const { world } = this;
    return {
      list: async ({ conversationId, status, agentId, from, until, q, order, limit, cursor }) => {
        const words = q?.toLowerCase();
        const rows = [...world.calls.values()]
          .filter((call) => status === undefined || status.includes(call.status))
          .filter((call) => agentId === undefined || call.agentId === agentId)
          .filter(({ startedAt }) => from === undefined || Temporal.Instant.compare(startedAt, from) >= 0)
          .filter(({ startedAt }) => until === undefined || Temporal.Instant.compare(startedAt, until) < 0)
          .filter(
            (call) =>
              words === undefined ||
              [call.from, call.to, call.summary].some((text) => (text ?? '').toLowerCase().includes(words)),
          )
          .filter((call) => conversationId === undefined || call.conversationId === conversationId)
          .toSorted(
            (one, other) => Temporal.Instant.compare(one.startedAt, other.startedAt) * (order === 'asc' ? 1 : -1),
          );
        return pageOfRows(rows, limit, cursor);
      },
      find: async (id) => {
        const call = world.calls.get(id);
        return call === undefined
          ? undefined
          : { call, turns: (world.turns.get(id) ?? []).toSorted((one, other) => one.index - other.index) };
      },
      findTurn: async (id, index) => world.turns.get(id)?.find((turn) => turn.index === index),
      recording: async (id, range) => {
        const wav = world.recordings.get(id);
        if (wav === undefined) throw new RingbackError('not_found', ['recording']);
        const start = range?.start ?? 0;
        const end = Math.min(range?.end ?? wav.length - 1, wav.length - 1);
        return { body: Readable.from([wav.subarray(start, end + 1)]), size: wav.length, start, end };
      },
      hangup: async (id) => {
        this.agent.hangUp(id);
        const call = world.calls.get(id);
        if (call === undefined) throw new RingbackError('not_found', ['call']);
        return call;
      },
    };
  }
}
