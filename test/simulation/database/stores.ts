import type { CallbackStore, CallbackTransaction, TimerRow } from '../../../db/callback-store.ts';
import type { Grant, ReplicaStore } from '../../../db/replica-store.ts';
import { Together } from '../../../db/together.ts';
import { TIMER_CHANNEL } from '../../../db/postgres-callback-store.ts';
import type { Callback, CallbackStatus } from '../../../src/domain/callback.ts';
import { callbackStatuses } from '../../../src/domain/callback.ts';
import { SimCallbackTransaction, type SetTimer } from './callback-transaction.ts';
import type { Client } from './client.ts';
import { readOnly, type Server, type Transaction, type Wait } from './server.ts';
import type { Tables } from './tables.ts';

export interface StoreParts {
  readonly client: Client;
  readonly tables: Tables;
  readonly server: Server;
  readonly notify: (channel: string, payload: string) => Promise<void>;
}

/** Timers nearer than this are announced. */
const ANNOUNCE_WITHIN_MS = 60_000;

/** See db/postgres-callback-store.ts. */
export function openSimCallbackStore({ client, tables, server, notify }: StoreParts): CallbackStore {
  const { callback, attempt, timer } = tables;
  const announce = async (timers: readonly SetTimer[]): Promise<void> => {
    for (const { fireAt, id, kind, nowMs } of timers) {
      if (fireAt.epochMilliseconds - nowMs > ANNOUNCE_WITHIN_MS) continue;
      await notify(TIMER_CHANNEL, `${fireAt.epochMilliseconds}:${kind}:${id}`);
    }
  };
  const transact = async <T>(work: (tx: CallbackTransaction) => Promise<T>): Promise<T> => {
    let timers: readonly SetTimer[] = [];
    const result = await client.transaction(async (run, nowMs) => {
      const tx = new SimCallbackTransaction(run, nowMs, tables, server);
      const value = await work(tx);
      await tx.flush();
      timers = tx.timersSet;
      return value;
    });
    void announce(timers).catch(() => undefined);
    return result;
  };
  const crowd = new Together(transact);
  return {
    transact,
    together: (subjects, work) => crowd.run(subjects, work),
    find: (id) => client.run(readOnly((tx) => callback.get(tx, id))),
    findAttempt: (id) => client.run(readOnly((tx) => attempt.get(tx, id))),
    attemptsOf: (callbackId) =>
      client.run(
        readOnly((tx) =>
          attempt.select(tx, (row) => row.callbackId === callbackId).toSorted((a, b) => a.number - b.number),
        ),
      ),
    async currentAttempts(ids) {
      if (ids.length === 0) return [];
      return client.run(
        readOnly((tx) => attempt.select(tx, (row) => ids.includes(row.callbackId) && row.status !== 'ended')),
      );
    },
    list: () => client.run(readOnly((tx) => callback.select(tx, () => true))),
    counts: () => client.run(readOnly((tx) => countOf(callback.select(tx, () => true)))),
    timers: (from, to, limit) =>
      client.run(
        readOnly((tx) =>
          timer
            .select(
              tx,
              (row) =>
                (from === null || Temporal.Instant.compare(row.fireAt, from) >= 0) &&
                Temporal.Instant.compare(row.fireAt, to) < 0,
            )
            .toSorted(byFireTime)
            .slice(0, limit),
        ),
      ),
  };
}

/** See db/replica-store.ts. */
export function openSimReplicaStore({
  client,
  tables,
  server,
  holds = () => false,
}: Omit<StoreParts, 'notify'> & {
  /** Whether the session lock of this replica is held. */
  holds?: (id: string) => boolean;
}): ReplicaStore {
  const { replica, attempt, call, timer } = tables;
  const seenHolding = new Map<string, number>();

  /** See `endVanished` there. */
  async function endVanished(): Promise<string[]> {
    const present = await client.run(readOnly((tx) => replica.select(tx, (row) => row.leaseUntilMs > tx.nowMs)));
    const vanished = present.filter(({ id, epoch }) => !holds(id) && seenHolding.get(id) === epoch);
    seenHolding.clear();
    for (const { id, epoch } of present) if (holds(id)) seenHolding.set(id, epoch);
    const ended: string[] = [];
    for (const { id, epoch } of vanished) {
      const isEnded = await client.run(function* (tx): Generator<Wait, boolean, void> {
        const [row] = yield* replica.lockWhere(
          tx,
          replica.select(tx, (one) => one.id === id),
          (one) => one.epoch === epoch && !holds(id),
        );
        if (row === undefined) return false;
        yield* replica.update(tx, { ...row, leaseUntilMs: tx.nowMs });
        return true;
      });
      if (isEnded) ended.push(id);
    }
    return ended;
  }
  return {
    enter: ({ id, leaseMs, above, draining }) =>
      client.run(function* (tx): Generator<Wait, Grant, void> {
        const leaseUntilMs = tx.nowMs + leaseMs;
        for (;;) {
          const known = replica.get(tx, id);
          if (known === undefined) {
            const epoch = above + 1;
            const row = yield* replica.insertUnlessThere(tx, { id, epoch, leaseUntilMs, draining });
            if (row === undefined) continue;
            return { epoch, databaseMs: server.clockMs() };
          }
          const [locked] = yield* replica.lockWhere(tx, [known], () => true);
          if (locked === undefined) continue;
          const epoch = Math.max(locked.epoch, above) + 1;
          yield* replica.update(tx, { id, epoch, leaseUntilMs, draining });
          return { epoch, databaseMs: server.clockMs() };
        }
      }),

    renew: ({ id, epoch, leaseMs }) =>
      client.run(function* (tx): Generator<Wait, Grant | undefined, void> {
        const lives = (row: { epoch: number; leaseUntilMs: number }): boolean =>
          row.epoch === epoch && row.leaseUntilMs > tx.nowMs;
        const known = replica.get(tx, id);
        if (known === undefined || !lives(known)) return undefined;
        const [locked] = yield* replica.lockWhere(tx, [known], lives);
        if (locked === undefined) return undefined;
        yield* replica.update(tx, { ...locked, leaseUntilMs: tx.nowMs + leaseMs });
        return { epoch, databaseMs: server.clockMs() };
      }),

    setDraining: (id) =>
      client.run(function* (tx) {
        const known = replica.get(tx, id);
        const [locked] = known === undefined ? [] : yield* replica.lockWhere(tx, [known], () => true);
        if (locked !== undefined) yield* replica.update(tx, { ...locked, draining: true });
      }),

    leave: (id, epoch) => client.run((tx) => remove(tx, id, (row) => row.epoch === epoch)),

    bury: (id) => client.run((tx) => remove(tx, id, (row) => row.leaseUntilMs <= tx.nowMs)),

    async remains(staleMs, limit, overdue) {
      const vanished = await endVanished();
      const found = await client.run(
        readOnly((tx) => {
          const lapsed = replica.select(tx, (row) => row.leaseUntilMs <= tx.nowMs).map((row) => row.id);
          const unwatched = attempt
            .select(tx, (row) => {
              if (row.status !== 'sending') return false;
              const owner = replica.get(tx, row.ownerId);
              return (
                owner === undefined ||
                owner.epoch > row.ownerEpoch ||
                owner.leaseUntilMs <= tx.nowMs ||
                row.startedAt.epochMilliseconds < tx.nowMs - staleMs
              );
            })
            .map((row) => row.id);
          const late =
            overdue === undefined
              ? []
              : timer
                  .select(tx, (row) => Temporal.Instant.compare(row.fireAt, overdue.before) < 0)
                  .toSorted(byFireTime)
                  .slice(0, overdue.limit);
          return {
            late,
            lapsed: lapsed.toSorted().slice(0, limit),
            unwatched: unwatched.toSorted().slice(0, limit),
          };
        }),
      );
      const { late, ...remains } = found;
      overdue?.take(late);
      return { ...remains, lapsed: [...new Set([...remains.lapsed, ...vanished])] };
    },

    holdsCall: (callId) =>
      client.run(
        readOnly((tx) => {
          const row = call.get(tx, callId);
          const holder = row?.replicaId == null ? undefined : replica.get(tx, row.replicaId);
          return row?.endedAt === null && holder !== undefined && holder.leaseUntilMs > tx.nowMs;
        }),
      ),
  };

  function* remove(
    tx: Transaction,
    id: string,
    holds: (row: { epoch: number; leaseUntilMs: number }) => boolean,
  ): Generator<Wait, void, void> {
    const known = replica.get(tx, id);
    if (known === undefined || !holds(known)) return;
    const [locked] = yield* replica.lockWhere(tx, [known], holds);
    if (locked !== undefined) yield* replica.delete(tx, id);
  }
}

function byFireTime(a: TimerRow, b: TimerRow): number {
  return Temporal.Instant.compare(a.fireAt, b.fireAt) || (a.id < b.id ? -1 : 1);
}

function countOf(rows: readonly Callback[]): Record<CallbackStatus, number> {
  return Object.fromEntries(
    callbackStatuses.map((status) => [status, rows.filter((row) => row.status === status).length]),
  ) as Record<CallbackStatus, number>;
}
