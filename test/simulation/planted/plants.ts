import type { CallbackTransaction } from '../../../db/callback-store.ts';
import type { ReplicaParts } from '../world/replica.ts';

/** One bug, as a wrapper around what the product stands on. */
type Plant = (parts: ReplicaParts) => ReplicaParts;

/**
 * Bugs that somebody could write tomorrow. Each must be seen by the referee within a few seeds; a simulation that does
 * not see them would not see ours either.
 */
const plants = {
  /** A time-out or a 500 is taken to mean that there is no call. */
  'what is unknown is dialled again': ({ carrier, ...parts }) => ({
    ...parts,
    carrier: {
      ...carrier,
      dial: async (request, options) => {
        const result = await carrier.dial(request, options);
        return result.kind === 'unknown' ? { kind: 'not_placed', detail: result.detail } : result;
      },
    },
  }),

  /** A library that means well. */
  'the adapter asks the carrier again after a reset': ({ carrier, ...parts }) => ({
    ...parts,
    carrier: {
      ...carrier,
      dial: async (request, options) => {
        const result = await carrier.dial(request, options);
        return result.kind === 'unknown' ? carrier.dial(request, options) : result;
      },
    },
  }),

  'a claim does not look at the lease': (parts) => ({
    ...withTransaction(parts, (tx) => ({
      dialScene: async (query) => ({ ...(await tx.dialScene(query)), ownsLease: true }),
    })),
    times: { ...parts.times, scheduler: { ...parts.times.scheduler, trustedShare: 1_000 } },
  }),

  'a cancel takes no lock': (parts) =>
    withTransaction(parts, (tx) => ({
      lockCallback: (id) => tx.findCallback(id),
      updateCallback: async (old, patch) => tx.updateCallback((await tx.findCallback(old.id)) ?? old, patch),
    })),

  'a take-over does not raise the epoch': (parts) =>
    withTransaction(parts, () => ({ raiseEpoch: () => Promise.resolve(Number.MAX_SAFE_INTEGER) })),

  'the carrier is asked before the intent is committed': ({ store, ...parts }) => ({
    ...parts,
    store: {
      ...store,
      transact: <T>(work: (tx: CallbackTransaction) => Promise<T>): Promise<T> =>
        new Promise((resolve, reject) => {
          store
            .transact(async (tx) => {
              const value = await work(tx);
              resolve(value);
              return value;
            })
            .catch(reject);
        }),
    },
  }),

  'the calling hours are not looked at': (parts) =>
    withTransaction(parts, (tx) => ({
      async dialScene(query) {
        const scene = await tx.dialScene(query);
        const facts = scene.facts.map((fact) => ({
          ...fact,
          agent:
            fact.agent === undefined
              ? undefined
              : { ...fact.agent, callbackPolicy: { ...fact.agent.callbackPolicy, callingHours: null } },
        }));
        return { ...scene, facts };
      },
    })),

  'the do-not-call list is not looked at': (parts) =>
    withTransaction(parts, (tx) => ({
      onDoNotCall: () => Promise.resolve(false),
      async dialScene(query) {
        const scene = await tx.dialScene(query);
        return { ...scene, facts: scene.facts.map((fact) => ({ ...fact, onDoNotCall: false })) };
      },
    })),

  'the day has no cap': (parts) =>
    withTransaction(parts, (tx) => ({
      async dialScene(query) {
        const scene = await tx.dialScene(query);
        return { ...scene, facts: scene.facts.map((fact) => ({ ...fact, recentDials: [] })) };
      },
    })),

  "the database's clock is taken to be ahead of what it is": ({ replicas, ...parts }) => ({
    ...parts,
    replicas: {
      ...replicas,
      enter: async (replica) => ahead(await replicas.enter(replica)),
      async renew(replica) {
        const grant = await replicas.renew(replica);
        return grant === undefined ? undefined : ahead(grant);
      },
    },
  }),

  'whatever answers is let in': (parts) => ({
    ...parts,
    admit: async (deps, answer) => {
      const admission = await parts.admit(deps, answer);
      const attempt = admission.ok ? admission.attempt : await deps.store.findAttempt(answer.attemptId);
      const callback = attempt === undefined ? undefined : await deps.store.find(attempt.callbackId);
      return attempt === undefined || callback === undefined ? admission : { ok: true, attempt, callback };
    },
  }),

  'the opening is heard while it is being stored': (parts) => ({
    ...parts,
    beginOpening: (attemptId) => {
      parts.beginOpening(attemptId).catch(() => undefined);
      return Promise.resolve(true);
    },
  }),

  'an opening is stored whatever became of its attempt': (parts) => ({
    ...parts,
    beginOpening: async (attemptId) => {
      await parts.beginOpening(attemptId);
      return true;
    },
  }),

  'nobody looks for calls of which nothing is heard': ({ store, replicas, ...parts }) => ({
    ...parts,
    store: {
      ...store,
      timers: async (from, to, limit) => (await store.timers(from, to, limit)).filter(isDial),
    },
    replicas: {
      ...replicas,
      remains: (staleMs, limit, overdue) =>
        replicas.remains(
          staleMs,
          limit,
          overdue && { ...overdue, take: (timers) => overdue.take(timers.filter(isDial)) },
        ),
    },
    channels: { ...parts.channels, notify: () => Promise.resolve() },
  }),

  'a key that was used is forgotten': (parts) =>
    withTransaction(parts, () => ({ recall: () => Promise.resolve(undefined) })),

  'the timer of a retry is lost': (parts) =>
    withTransaction(parts, (tx) => ({
      updateCallback: (old, patch) =>
        tx.updateCallback(patch.nextAttemptAt == null ? old : { ...old, nextAttemptAt: patch.nextAttemptAt }, patch),
    })),
} as const satisfies Record<string, Plant>;

export type PlantName = keyof typeof plants;

export const plantNames = Object.keys(plants) as PlantName[];

export function plantOf(name: PlantName): Plant {
  return plants[name];
}

const AHEAD_MS = 40;

function ahead<T extends { readonly databaseMs: number }>(grant: T): T {
  return { ...grant, databaseMs: grant.databaseMs + AHEAD_MS };
}

function isDial({ kind }: { readonly kind: 'dial' | 'check' }): boolean {
  return kind === 'dial';
}

/** The same store, with some of a transaction's doings replaced. */
function withTransaction(
  parts: ReplicaParts,
  over: (tx: CallbackTransaction) => Partial<CallbackTransaction>,
): ReplicaParts {
  const { store } = parts;
  const replacing =
    <T>(work: (tx: CallbackTransaction) => Promise<T>) =>
    (tx: CallbackTransaction): Promise<T> => {
      const replaced: Partial<CallbackTransaction> = over(tx);
      return work(
        new Proxy(tx, {
          get(target, name): unknown {
            if (name in replaced) return Reflect.get(replaced, name) as unknown;
            const value: unknown = Reflect.get(target, name, target);
            return typeof value === 'function' ? (value.bind(target) as unknown) : value;
          },
        }),
      );
    };
  return {
    ...parts,
    store: {
      ...store,
      transact: (work) => store.transact(replacing(work)),
      together: (subjects, work) => store.together(subjects, replacing(work)),
    },
  };
}
