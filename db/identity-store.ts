import { eq, sql } from 'drizzle-orm';
import type { DatabaseIdentity, Failover, IdentityRecord, IdentityVerdict } from '../src/domain/database-identity.ts';
import type { Database } from './database.ts';
import { sqlState } from './failure.ts';
import { DATABASE_IDENTITY_KEY } from './looked-at.ts';
import type { Transaction } from './orm.ts';
import { holdIn, OUTBOUND_HOLD_KEY } from './outbound-store.ts';
import { setting } from './schema.ts';

/** What this role may read: without the first a copy in another cluster goes unseen, without the second a failover. */
export interface IdentityReach {
  readonly cluster: boolean;
  readonly timeline: boolean;
}

/** The database's record of itself. Each method throws as statements do. */
export interface IdentityStore {
  /** What can be told of the database; null before the first look. */
  readonly reach: IdentityReach | null;
  /**
   * Looks which database this is, and writes down what `judge` makes of it, in one transaction: the hold stands before
   * anybody can claim. `judge` may be called again after a conflict.
   */
  look(judge: (found: FoundIdentity) => IdentityVerdict): Promise<LookedIdentity>;
  /** Raises the epoch where that was not done within `everyMs`; the record as it then is, undefined without one. */
  tick(everyMs: number): Promise<IdentityRecord | undefined>;
  /** Takes the matching after a failover for `holdMs`; undefined where there is none, or another is at it. */
  beginMatching(holdMs: number): Promise<Failover | undefined>;
  /** Goes on with it for another `holdMs`. */
  extendMatching(holdMs: number): Promise<void>;
  /** The matching is done: outbound goes on, if nothing but the failover held it (by `reason`). */
  endMatching(reason: string): Promise<void>;
}

/** What is judged. */
export interface FoundIdentity {
  readonly record: IdentityRecord | undefined;
  readonly identity: DatabaseIdentity;
  /**
   * When the last sign of life in it was committed, as Unix time in milliseconds. What was committed before it was
   * replicated before it, so that only what came after it can be missing after a failover.
   */
  readonly lastSignMs: number;
}

/** What the judgement made of it, as it is stored now. */
export interface LookedIdentity {
  readonly record: IdentityRecord;
  readonly identity: DatabaseIdentity;
  readonly hold: string | null;
}

/** Denied, not there, not offered, or not in this state (in recovery): then it is done without. */
const UNREADABLE = new Set(['42501', '42883', '0A000', '55000']);
/** In place of a heartbeat where there is none: longer than a standby that is in use lags. */
const NO_SIGN_MS = 600_000;

export interface IdentityStoreOptions {
  readonly database: Database;
  /** How long a lease is given for: what is left of one says when it was renewed. */
  readonly leaseMs: number;
  /** For tests: what is read, made into something else. */
  readonly disguise?: (identity: DatabaseIdentity) => DatabaseIdentity;
}

/** The record on Postgres, in the `setting` table. Reading it is as cheap as a row by its key; a look is one transaction. */
export function openIdentityStore(options: IdentityStoreOptions): IdentityStore {
  const { database, leaseMs, disguise = (identity) => identity } = options;
  let reach: IdentityReach | null = null;

  async function may(statement: string): Promise<boolean> {
    try {
      await database.orm.execute(sql.raw(statement));
      return true;
    } catch (error) {
      if (UNREADABLE.has(sqlState(error) ?? '')) return false;
      throw error;
    }
  }

  /** Once per process: rights seldom change, and a failing statement would end the transaction of the look. */
  async function learn(): Promise<IdentityReach> {
    return {
      cluster: await may(`select ${CLUSTER}`),
      timeline: await may(`select ${TIMELINE}`),
    };
  }

  async function lookOnce(
    can: IdentityReach,
    judge: (found: FoundIdentity) => IdentityVerdict,
  ): Promise<LookedIdentity> {
    return database.transaction(async (orm) => {
      await lock(orm);
      const [row] = await orm.execute<{
        cluster: string | null;
        timeline: number | null;
        oid: string;
        start: string;
        sign: number;
      }>(
        sql.raw(`select ${can.cluster ? CLUSTER : 'null'} as cluster, ${can.timeline ? TIMELINE : 'null::int'} as timeline,
          (select oid::text from pg_database where datname = current_database()) as oid,
          extract(epoch from pg_postmaster_start_time())::text as start,
          coalesce((select extract(epoch from max(lease_until))::float8 * 1000 - ${Math.round(leaseMs)} from replica),
            extract(epoch from now())::float8 * 1000 - ${NO_SIGN_MS}) as sign`),
      );
      if (row === undefined) throw new Error('a fact without a row');
      const identity = disguise({
        systemIdentifier: row.cluster,
        databaseOid: row.oid,
        timeline: row.timeline,
        serverStart: row.start,
      });
      const before = await readRecord(orm);
      const verdict = judge({ record: before, identity, lastSignMs: Math.floor(row.sign) });
      if (JSON.stringify(before) !== JSON.stringify(verdict.record)) await writeRecord(orm, verdict.record);
      if (verdict.hold !== null) await holdIn(orm, verdict.hold, 'gateway');
      return { ...verdict, identity };
    });
  }

  return {
    get reach() {
      return reach;
    },

    async look(judge) {
      const can = (reach ??= await learn());
      try {
        return await lookOnce(can, judge);
      } catch (error) {
        if (!UNREADABLE.has(sqlState(error) ?? '')) throw error;
        // Rights were taken away since.
        return lookOnce((reach = await learn()), judge);
      }
    },

    async tick(everyMs) {
      await database.orm.execute(sql`
        update ${setting} set value = jsonb_set(value, '{epoch}', to_jsonb((value ->> 'epoch')::bigint + 1)),
          updated_at = now()
        where key = ${DATABASE_IDENTITY_KEY} and not value ? 'strange'
          and updated_at <= now() - ${everyMs}::float8 * interval '1 ms'`);
      return readRecord(database.orm);
    },

    async beginMatching(holdMs) {
      const [row] = await database.orm.execute<{ sure: number }>(sql`
        update ${setting} set value = jsonb_set(value, '{failover,workUntilMs}',
          to_jsonb(round(extract(epoch from now()) * 1000 + ${holdMs}::numeric)))
        where key = ${DATABASE_IDENTITY_KEY} and value ? 'failover' and not value ? 'strange'
          and (value #>> '{failover,workUntilMs}')::numeric <= extract(epoch from now()) * 1000
        returning (value #>> '{failover,sureUntilMs}')::float8 as sure`);
      return row === undefined ? undefined : { sureUntilMs: row.sure, workUntilMs: 0 };
    },

    async extendMatching(holdMs) {
      await database.orm.execute(sql`
        update ${setting} set value = jsonb_set(value, '{failover,workUntilMs}',
          to_jsonb(round(extract(epoch from now()) * 1000 + ${holdMs}::numeric)))
        where key = ${DATABASE_IDENTITY_KEY} and value ? 'failover'`);
    },

    endMatching: (reason) =>
      database.transaction(async (orm) => {
        await lock(orm);
        await orm.execute(sql`
          update ${setting} set value = value - 'failover'
          where key = ${DATABASE_IDENTITY_KEY} and not value ? 'strange'`);
        await orm.execute(sql`
          delete from ${setting} where key = ${OUTBOUND_HOLD_KEY} and value = to_jsonb(${reason}::text)`);
      }),
  };
}

const CLUSTER = '(select system_identifier::text from pg_control_system())';
/**
 * The first eight digits of a WAL file's name are its timeline. The control file says it too, but only after the first
 * checkpoint that follows a promotion, and not to every role.
 */
const TIMELINE = "('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int";

/** All looks and releases one after the other, also while there is no row to lock yet. */
async function lock(orm: Transaction): Promise<void> {
  await orm.execute(sql`select pg_advisory_xact_lock(hashtextextended('ringback.identity', 0))`);
}

async function readRecord(orm: Pick<Transaction, 'select'>): Promise<IdentityRecord | undefined> {
  const [row] = await orm.select().from(setting).where(eq(setting.key, DATABASE_IDENTITY_KEY));
  return row?.value as IdentityRecord | undefined;
}

async function writeRecord(orm: Transaction, record: IdentityRecord): Promise<void> {
  await orm
    .insert(setting)
    .values({ key: DATABASE_IDENTITY_KEY, value: record })
    // `updated_at` is left: it says when the epoch was last raised.
    .onConflictDoUpdate({ target: setting.key, set: { value: record } });
}
