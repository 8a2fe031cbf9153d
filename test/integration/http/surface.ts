import type { FastifyInstance } from 'fastify';
import { keepBuiltIns } from '../../../db/built-ins.ts';
import { openCallRecords } from '../../../db/call-store.ts';
import { readLedger } from '../../../db/ledger-store.ts';
import { discoverAdapters } from '../../../src/adapters.ts';
import type { Carrier } from '../../../src/carriers/carrier.ts';
import { surfaceOf } from '../../../src/app-deps.ts';
import { buildApp } from '../../../src/app.ts';
import { openAuth } from '../../../src/auth/auth.ts';
import { systemClock } from '../../../src/clock.ts';
import { openEventFeed } from '../../../src/events/event-feed.ts';
import { vendorList } from '../../../src/vendor-list.ts';
import { openCallbackWorld, type CallbackWorld } from '../../support/callback-rows.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { until } from '../../support/until.ts';

export const TOKEN = 'the-admin-token-of-a-test';

/** The members that tests look at; an answer has those of its kind, and a test fails where one is not there. */
export interface AnswerBody {
  readonly id: string;
  readonly name: string;
  readonly number: string;
  readonly isDefault: boolean;
  readonly limits: object;
  readonly callbackPolicy: object;
  readonly tools: object;
  readonly warning: string | null;
  readonly detail: string;
  readonly fields: readonly { path: string; message: string }[];
  readonly items: readonly AnswerBody[];
  readonly nextCursor: string | null;
  readonly agentIds: readonly string[];
  readonly outbound: object;
  readonly vendors: readonly { name: string; settings: readonly string[] }[];
}

/** The first of a list; throws where it is empty. */
export function first<Item>(items: readonly Item[]): Item {
  const [item] = items;
  if (item === undefined) throw new Error('the list is empty');
  return item;
}

export interface Answer {
  readonly status: number;
  /** Without members where there was no body. */
  readonly body: AnswerBody;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** The whole HTTP surface over real stores, without a port. Whoever opens it closes it. */
export interface Surface extends AsyncDisposable {
  readonly world: CallbackWorld;
  readonly app: FastifyInstance;
  /** As the admin token's bearer. */
  ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<Answer>;
  /** Actor, action and the words of what changed, in order. */
  audit(subjectId: string): Promise<{ actor: string; action: string; before: unknown; after: unknown }[]>;
}

export async function openSurface(
  options: {
    metricsToken?: string;
    trustProxy?: readonly string[];
    carriers?: readonly Carrier[];
    publicUrl?: string;
    reachable?: boolean;
    recordingsDir?: string;
  } = {},
): Promise<Surface> {
  await using opened = new AsyncDisposableStack();
  const world = opened.use(await openCallbackWorld());
  const { database } = world;
  const adapters = await discoverAdapters();
  const toolSettings = adapters.tools.map(({ setting }) => setting);
  await keepBuiltIns(database, { timeZone: 'Europe/Vienna', toolSettings });
  const feed = opened.use(openEventFeed({ database, clock: systemClock, log: quietLog() }));
  const app = await buildApp({
    clock: systemClock,
    log: quietLog(),
    publicUrl: () => 'https://gateway.example',
    trustProxy: options.trustProxy ?? null,
    notReady: () => null,
    auth: openAuth({ database, adminToken: TOKEN, onLostHint: () => undefined }),
    feed,
    tools: adapters.tools,
    carriers: [],
    consoleDir: null,
    ledger: () => readLedger(database),
    metrics: async () => ({ contentType: 'text/plain', text: 'ringback_up 1' }),
    metricsToken: options.metricsToken ?? null,
    ...surfaceOf({
      database,
      replicaId: world.replicaId,
      callbacks: {
        ...world.deps,
        carrierOf: (name) => (name === 'phone' || name === 'browser' ? world.deps.carrierOf(name) : undefined),
      },
      records: openCallRecords({ database, onLostHint: () => undefined }),
      recordingsDir: options.recordingsDir ?? '/nowhere',
      hangUps: { hangUp: () => Promise.reject(new Error('no call is hung up here')) },
      carriers: options.carriers ?? [],
      standIns: [],
      vendors: vendorList(adapters, [{ kind: 'llm', name: 'demo' }]),
      toolSettings,
      speech: false,
      version: 'test',
      clock: systemClock,
      publicUrl: () => options.publicUrl ?? 'https://gateway.example',
      reaches: async () => options.reachable ?? true,
      eventLoop: () => ({ utilization: 0.1, delayP99Ms: 1, overloaded: false }),
      limits: { outboundAllowlist: null, maxConcurrentCalls: null, retentionDays: 90, drainSeconds: 600 },
      cannotRecognise: () => ['failover'],
      onLostHint: () => undefined,
    }),
  });
  opened.defer(() => app.close());
  const owned = opened.move();
  return {
    world,
    app,
    async ask(method, path, body) {
      const response = await until(
        `${method} ${path}`,
        app.inject({
          method,
          url: `/api/v1${path}`,
          headers: { authorization: `Bearer ${TOKEN}` },
          ...(body === undefined ? {} : { payload: body as object }),
        }),
      );
      return {
        status: response.statusCode,
        body: JSON.parse(response.payload === '' ? '{}' : response.payload) as AnswerBody,
        headers: response.headers,
      };
    },
    async audit(subjectId) {
      const rows = await database.sql<{ actor: string; action: string; before: unknown; after: unknown }[]>`
        select actor, action, before, after from audit where subject_id = ${subjectId} order by id`;
      return [...rows];
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
