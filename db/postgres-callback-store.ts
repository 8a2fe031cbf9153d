import { and, asc, count, desc, eq, gte, ilike, inArray, lt, or, sql, type SQL } from 'drizzle-orm';
import type { CallbackAttempt } from '../src/domain/attempt.ts';
import type { Callback, CallbackStatus } from '../src/domain/callback.ts';
import { callbackStatuses } from '../src/domain/callback.ts';
import type { CallbackFilter, CallbackStore, CallbackTransaction, TimerRow } from './callback-store.ts';
import { openCallbackTransaction, type NearTimer } from './callback-transaction.ts';
import type { Database } from './database.ts';
import { agent, attempt, callback, timer } from './schema.ts';
import { transactTelling } from './telling.ts';
import { Together } from './together.ts';

/** The channel on which near timers are announced: `fireAtMs:kind:id`. */
export const TIMER_CHANNEL = 'ringback_timers';

export interface PostgresCallbackStoreOptions {
  readonly database: Database;
  /** Timers nearer than this are announced; the others are found by the scheduler's next look. */
  readonly announceWithinMs: number;
  /** A hint could not be sent; it costs a second, no more. */
  readonly onLostHint: (error: unknown) => void;
}

/** The store on Postgres. NOTIFY goes out after the commit and outside of it, so that it never holds up a commit. */
export function openCallbackStore(options: PostgresCallbackStoreOptions): CallbackStore {
  const { database } = options;

  function announce(timers: readonly NearTimer[]): void {
    for (const { fireAt, id, kind, now } of timers) {
      if (fireAt.epochMilliseconds - now.epochMilliseconds > options.announceWithinMs) continue;
      void database.hint(TIMER_CHANNEL, `${fireAt.epochMilliseconds}:${kind}:${id}`).catch(options.onLostHint);
    }
  }

  async function transact<T>(work: (tx: CallbackTransaction) => Promise<T>): Promise<T> {
    let timers: NearTimer[] = [];
    const result = await transactTelling(database, options.onLostHint, async (orm, tell, later) => {
      timers = [];
      const tx = openCallbackTransaction(orm, { tell, timer: (set) => void timers.push(set), later });
      const value = await work(tx);
      tx.flush();
      return value;
    });
    announce(timers);
    return result;
  }
  const crowd = new Together(transact);

  return {
    transact,
    together: (subjects, work) => crowd.run(subjects, work),

    async find(id) {
      const [row] = await database.orm.select().from(callback).where(eq(callback.id, id));
      return row;
    },

    async findAttempt(id) {
      const [row] = await database.orm.select().from(attempt).where(eq(attempt.id, id));
      return row;
    },

    attemptsOf: (callbackId): Promise<CallbackAttempt[]> =>
      database.orm.select().from(attempt).where(eq(attempt.callbackId, callbackId)).orderBy(asc(attempt.number)),

    async currentAttempts(callbackIds) {
      if (callbackIds.length === 0) return [];
      return database.orm
        .select()
        .from(attempt)
        .where(and(inArray(attempt.callbackId, [...callbackIds]), sql`${attempt.status} <> 'ended'`));
    },

    list: (filter): Promise<Callback[]> =>
      database.orm
        .select()
        .from(callback)
        .where(and(...conditions(filter)))
        .orderBy(
          filter.order === 'asc' ? asc(sortKey(filter)) : desc(sortKey(filter)),
          filter.order === 'asc' ? asc(callback.id) : desc(callback.id),
        )
        .limit(filter.limit),

    async counts() {
      const rows = await database.orm
        .select({ status: callback.status, count: count() })
        .from(callback)
        .groupBy(callback.status);
      const counted = new Map(rows.map((row) => [row.status, row.count]));
      return Object.fromEntries(callbackStatuses.map((status) => [status, counted.get(status) ?? 0])) as Record<
        CallbackStatus,
        number
      >;
    },

    timers: (from, to, limit): Promise<TimerRow[]> =>
      database.orm
        .select()
        .from(timer)
        .where(and(from === null ? undefined : gte(timer.fireAt, from), lt(timer.fireAt, to)))
        .orderBy(asc(timer.fireAt), asc(timer.id))
        .limit(limit),
  };
}

function sortKey(filter: CallbackFilter): SQL {
  return filter.sort === 'next' ? sql`coalesce(${callback.nextAttemptAt}, ${callback.dueAt})` : sql`${callback.dueAt}`;
}

function conditions(filter: CallbackFilter): (SQL | undefined)[] {
  const { after } = filter;
  const beyond = filter.order === 'asc' ? sql`>` : sql`<`;
  const word =
    filter.search === undefined ? undefined : `%${filter.search.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
  return [
    filter.statuses === undefined ? undefined : inArray(callback.status, [...filter.statuses]),
    filter.agentId === undefined ? undefined : eq(callback.agentId, filter.agentId),
    filter.to === undefined ? undefined : eq(callback.to, filter.to),
    filter.dueFrom === undefined ? undefined : gte(callback.dueAt, filter.dueFrom),
    filter.dueUntil === undefined ? undefined : lt(callback.dueAt, filter.dueUntil),
    filter.open === undefined ? undefined : filter.open ? isOpen : sql`not (${isOpen})`,
    filter.attention === true
      ? sql`(${callback.status} = 'failed' or (${callback.warning} is not null and ${isOpen}))`
      : undefined,
    word === undefined
      ? undefined
      : or(
          ilike(callback.to, word),
          ilike(callback.toName, word),
          ilike(callback.reason, word),
          sql`exists (select 1 from ${agent} where ${agent.id} = ${callback.agentId} and ${agent.name} ilike ${word})`,
        ),
    after === undefined
      ? undefined
      : sql`(${sortKey(filter)}, ${callback.id}) ${beyond} (${after.dueAt.toString()}::timestamptz, ${after.id}::uuid)`,
  ];
}

const isOpen = sql`(${callback.status} = 'dialing' or ${callback.nextAttemptAt} is not null)`;
