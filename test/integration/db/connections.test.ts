import { sql as text } from 'drizzle-orm';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../db/database.ts';
import { nowOf } from '../../../db/orm.ts';
import { defaultDatabaseTimes } from '../../../db/times.ts';
import { systemClock } from '../../../src/clock.ts';
import { isRingbackError } from '../../../src/errors.ts';
import { createTestDatabase } from '../../support/database.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { until } from '../../support/until.ts';

const times = { ...defaultDatabaseTimes, probeEveryMs: 60_000, retryFromMs: 20, retryToMs: 100 };

function open(url: string): Database {
  return openDatabase({ url, clock: systemClock, log: quietLog(), times, migrationsFolder: null });
}

/** A database, as a role that may have so many connections. Whoever opens it closes it. */
async function openLimited(connections: number) {
  await using opened = new AsyncDisposableStack();
  const own = opened.use(await createTestDatabase({ empty: true }));
  const admin = postgres(own.url, { max: 1, onnotice: () => undefined });
  opened.defer(() => admin.end());
  const url = new URL(own.url);
  const role = `limited_${url.pathname.slice(-12)}`;
  await admin.unsafe(`create role ${role} login password 'limited' connection limit ${connections}`);
  opened.defer(async () => void (await admin.unsafe(`drop role ${role}`)));
  [url.username, url.password] = [role, 'limited'];
  const database = opened.use(open(url.href));
  const owned = opened.move();
  return { database, admin, role, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Statements that are all under way at once, one for each connection that there is. */
function crowd(database: Database, count: number): Promise<PromiseSettledResult<unknown>[]> {
  return Promise.allSettled(Array.from({ length: count }, () => database.sql`select pg_sleep(0.02)`));
}

test('a server that has no room for one connection more: those that stand do the work, until there is room', async () => {
  await using limited = await openLimited(3);
  const { database, admin, role } = limited;
  await until('the database', database.ready());
  const count = async (): Promise<number> => {
    const [row] = await admin<{ n: number }[]>`select count(*)::int as n from pg_stat_activity where usename = ${role}`;
    return row?.n ?? 0;
  };

  expect((await crowd(database, 40)).filter(({ status }) => status === 'rejected')).toEqual([]);
  expect(database.state).toBe('ready');
  expect(await count()).toBe(3);
  await admin.unsafe(`alter role ${role} connection limit 20`);
  await expect
    .poll(
      async () => {
        await crowd(database, 20);
        return await count();
      },
      { timeout: 30_000 },
    )
    .toBe(10);
});

test('where the server has no room for any, it is said at once', async () => {
  await using limited = await openLimited(0);
  const { database } = limited;
  await expect.poll(() => database.reason).toBe('the database has no free connection');
  for (const end of await crowd(database, 15))
    expect(end.status === 'rejected' && isRingbackError(end.reason, 'database_unavailable')).toBe(true);
});

test('one connection that is ended takes no transaction of another one with it', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = open(own.url);
  await until('the database', database.ready());
  await database.sql`create table noted (n int)`;
  const pids: number[] = [];
  const begun = Promise.withResolvers<void>();
  const enough = Promise.withResolvers<void>();
  const work = [0, 1, 2].map((n) =>
    database.transaction(async (tx) => {
      await tx.execute(text`insert into noted values (${n})`);
      const [row] = await tx.execute<{ pid: number }>(text`select pg_backend_pid() as pid`);
      pids[n] = row?.pid ?? 0;
      if (Object.keys(pids).length === 3) begun.resolve();
      await enough.promise;
    }),
  );
  const ends = Promise.allSettled(work);
  await until('three transactions', begun.promise);
  await database.sql`select pg_terminate_backend(${pids[1] ?? 0}::int)`;
  await expect
    .poll(async () => [...(await database.sql`select pid from pg_stat_activity where pid = ${pids[1] ?? 0}::int`)])
    .toEqual([]);
  enough.resolve();
  expect((await ends).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect((await database.sql<{ n: number }[]>`select n from noted order by n`).map(({ n }) => n)).toEqual([0, 2]);
});

test('the time of a transaction is the database’s, cut to the millisecond', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = open(own.url);
  await until('the database', database.ready());
  const [ours, theirs] = await database.transaction(async (tx) => {
    await tx.execute(text`select pg_sleep(0.01)`);
    const [row] = await tx.execute<{ ms: string }>(text`select floor(extract(epoch from now()) * 1000)::text as ms`);
    return [nowOf(tx).epochMilliseconds, Number(row?.ms)];
  });
  expect(ours).toBe(theirs);
});
