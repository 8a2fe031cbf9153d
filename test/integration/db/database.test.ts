import { sql as text } from 'drizzle-orm';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../db/database.ts';
import { isUniqueViolation, statementFailure } from '../../../db/failure.ts';
import { findFreePort } from '../../../db/embedded/server.ts';
import { defaultDatabaseTimes } from '../../../db/times.ts';
import { systemClock } from '../../../src/clock.ts';
import { isRingbackError } from '../../../src/errors.ts';
import { createTestDatabase } from '../../support/database.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { openTcpProxy } from '../../support/tcp-proxy.ts';
import { until } from '../../support/until.ts';

const times = { ...defaultDatabaseTimes, probeEveryMs: 200, retryFromMs: 20, retryToMs: 100 };

function open(url: string, over: Partial<Parameters<typeof openDatabase>[0]> = {}): Database {
  return openDatabase({
    url,
    clock: systemClock,
    log: quietLog(),
    times,
    migrationsFolder: null,
    ...over,
  });
}

async function failureOf(work: PromiseLike<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('it was expected to fail');
}

test('the tag takes fragments and identifiers, and drizzle takes rows and values', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = open(own.url);
  await until('the database', database.ready());
  const { sql } = database;
  await sql`create table person (id int primary key, name text)`;
  await sql`insert into ${sql('person')} (id, name) values (${1}, ${'Ada'}), (${2}, ${'Ben'})`;
  const filter = sql`where ${sql('id')} = any(${[2, 3]})`;
  expect([...(await sql<{ name: string }[]>`select name from person ${filter}`)]).toEqual([{ name: 'Ben' }]);
  const rows = await database.orm.execute(text`select count(*)::int as people from person`);
  expect(rows[0]).toEqual({ people: 2 });
});

test('the app has its database object before there is a database, and is told when it comes', async () => {
  await using own = await createTestDatabase({ empty: true });
  const real = new URL(own.url);
  const port = await findFreePort();
  const early = new URL(own.url);
  early.port = String(port);
  const log = quietLog();
  await using database = open(early.href, { log });
  expect(database.state).toBe('connecting');
  const failure = await failureOf(database.sql`select 1`);
  expect(isRingbackError(failure, 'database_unavailable')).toBe(true);
  await expect.poll(() => database.reason).toBe('the database cannot be reached (ECONNREFUSED)');
  expect(log.lines.filter((line) => line.level === 'warn')).toHaveLength(1);

  const gaveUp = new AbortController();
  const waiting = failureOf(database.ready(gaveUp.signal));
  gaveUp.abort(new Error('not waiting any longer'));
  expect(await waiting).toEqual(new Error('not waiting any longer'));

  await using proxy = await openTcpProxy({ host: real.hostname, port: Number(real.port) }, port);
  await until('the database to be found', database.ready());
  expect(proxy.accepted).toBeGreaterThan(0);
  expect(database).toMatchObject({ state: 'ready', reason: null });
});

test('the reason names the variable that is wrong and never a value of it', async () => {
  await using own = await createTestDatabase({ empty: true });
  const wrongPassword = new URL(own.url);
  wrongPassword.password = 'hunter2';
  const wrongName = new URL(own.url);
  wrongName.pathname = '/nowhere';
  await using refused = open(wrongPassword.href);
  await using unknown = open(wrongName.href);
  await expect.poll(() => refused.reason).toBe('the database refused the user or password of DATABASE_URL');
  await expect.poll(() => unknown.reason).toBe('the database named in DATABASE_URL does not exist');
});

test('a lost database is called lost, and ready() may be waited for again', async () => {
  await using own = await createTestDatabase({ empty: true });
  const real = new URL(own.url);
  await using proxy = await openTcpProxy({ host: real.hostname, port: Number(real.port) });
  real.port = String(proxy.port);
  await using database = open(real.href, { times: { ...times, queryMs: 300 } });
  await until('the database', database.ready());
  proxy.refuse(true);
  await expect.poll(() => database.state).toBe('lost');
  const again = database.ready();
  proxy.refuse(false);
  await until('the database to be back', again);
  expect([...(await database.sql`select 1 as one`)]).toEqual([{ one: 1 }]);
});

test('a database that may only be read is not ready, and is ready when it may be written', async () => {
  await using own = await createTestDatabase({ empty: true });
  const name = new URL(own.url).pathname.slice(1);
  const admin = postgres(own.url, { max: 1 });
  await admin`alter database ${admin(name)} set default_transaction_read_only to on`;
  await admin.end();
  await using database = open(own.url);
  await expect.poll(() => database.reason).toBe('the database is read-only');
  const writer = postgres(own.url, { max: 1 });
  await writer.begin('read write', (tx) => tx`alter database ${tx(name)} reset default_transaction_read_only`);
  await writer`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name} and pid <> pg_backend_pid()`;
  await writer.end();
  await until('the database to be writable', database.ready());
});

test('terminated connections cost at most their own statements', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = open(own.url);
  await until('the database', database.ready());
  await database.sql`create table noted (n int)`;
  const admin = postgres(own.url, { max: 1, onnotice: () => undefined });
  let written = 0;
  for (let round = 0; round < 10; round += 1) {
    const work = Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => database.sql`insert into noted values (${n})`.then(() => (written += 1))),
    );
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
    for (const result of await work) {
      if (result.status === 'rejected') expect(isRingbackError(result.reason, 'database_unavailable')).toBe(true);
    }
    // Each of the ten connections may have been idle when it was cut, and says so to whoever comes next.
    let tries = 0;
    for (let done = false; !done; tries += 1) {
      await until('the database', database.ready());
      done = await database.sql`insert into noted values (${round})`.then(
        () => true,
        () => false,
      );
    }
    expect(tries).toBeLessThanOrEqual(11);
    written += 1;
  }
  const [row] = await database.sql<{ n: number }[]>`select count(*)::int as n from noted`;
  // A statement whose answer was cut off may have been done; one that was answered is never lost.
  expect(row?.n).toBeGreaterThanOrEqual(written);
  await admin.end();
});

test('a statement that is slow in the server ends by the server, and its connection goes on', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = open(own.url, { times: { ...times, statementMs: 100, queryMs: 3_000 } });
  await until('the database', database.ready());
  const failure = await failureOf(database.sql`select pg_sleep(10)`);
  expect(statementFailure(failure)).toEqual({ failure: 'server_error', sqlState: '57014' });
  expect(database.state).toBe('ready');
});

test('a failed statement never carries its parameters in its message', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = open(own.url);
  await until('the database', database.ready());
  const failure = await failureOf(database.orm.execute(text`select * from nowhere where said = ${'call me Ishmael'}`));
  expect(statementFailure(failure)).toEqual({ failure: 'server_error', sqlState: '42P01' });
  expect(JSON.stringify([String(failure), failure])).not.toContain('Ishmael');
});

test('two transactions that lock each other out both come through', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = open(own.url);
  await until('the database', database.ready());
  await database.sql`create table account (id int primary key, balance int)`;
  await database.sql`insert into account values (1, 0), (2, 0)`;
  const bothStarted = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  let runs = 0;
  const move = (mine: 0 | 1, first: number, second: number): Promise<void> =>
    database.transaction(async (tx) => {
      runs += 1;
      await tx.execute(text`update account set balance = balance + 1 where id = ${first}`);
      bothStarted[mine].resolve();
      await Promise.all(bothStarted.map((started) => started.promise));
      await tx.execute(text`update account set balance = balance + 1 where id = ${second}`);
    });
  await until('both transactions', Promise.all([move(0, 1, 2), move(1, 2, 1)]));
  expect(runs).toBe(3);
  expect([...(await database.sql`select balance from account order by id`)]).toEqual([{ balance: 2 }, { balance: 2 }]);
});

test('a transaction that is always in conflict gives up after three more tries', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = open(own.url);
  await until('the database', database.ready());
  let runs = 0;
  const failure = await failureOf(
    database.transaction(async (tx) => {
      runs += 1;
      await tx.execute(text`do $$ begin raise exception 'conflict' using errcode = '40001'; end $$`);
    }),
  );
  expect(statementFailure(failure).sqlState).toBe('40001');
  expect(runs).toBe(4);
});

test('a transaction whose body takes too long is not committed', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = open(own.url, { times: { ...times, queryMs: 300, transactionMs: 300 } });
  await until('the database', database.ready());
  await database.sql`create table promise (id int)`;
  const late = Promise.withResolvers<void>();
  const failure = await failureOf(
    database.transaction(async (tx) => {
      await tx.execute(text`insert into promise values (1)`);
      await late.promise;
    }),
  );
  late.resolve();
  expect(isRingbackError(failure, 'query_deadline')).toBe(true);
  expect([...(await database.sql`select * from promise`)]).toEqual([]);
});

test('what is left to the commit is kept with it, and where it fails nothing is kept', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = open(own.url);
  await until('the database', database.ready());
  await database.sql`create table promise (id int primary key)`;
  const promise = (first: number, later: number): Promise<string> =>
    database.transaction(async (tx, leave) => {
      await tx.execute(text`insert into promise values (${first})`);
      leave(tx.execute(text`insert into promise values (${later})`));
      return 'kept';
    });
  expect(await promise(1, 2)).toBe('kept');
  const failure = await failureOf(promise(3, 1));
  expect(isUniqueViolation(failure)).toBe(true);
  expect([...(await database.sql`select id from promise order by id`)]).toEqual([{ id: 1 }, { id: 2 }]);
});

test('a conflict of what is left to the commit is tried again like any other', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = open(own.url);
  await until('the database', database.ready());
  let runs = 0;
  const failure = await failureOf(
    database.transaction(async (tx, leave) => {
      runs += 1;
      leave(tx.execute(text`do $$ begin raise exception 'conflict' using errcode = '40001'; end $$`));
    }),
  );
  expect(statementFailure(failure).sqlState).toBe('40001');
  expect(runs).toBe(4);
});

test('what finds no free connection waits its time and is then refused, unsent', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = open(own.url, {
    times: { ...times, probeEveryMs: 60_000, queryMs: 300, transactionMs: 5_000 },
  });
  await until('the database', database.ready());
  await database.sql`create table noted (n int)`;
  const enough = Promise.withResolvers<void>();
  const holding = Array.from({ length: 10 }, () =>
    database.transaction(async (tx) => {
      await tx.execute(text`select 1`);
      await enough.promise;
    }),
  );
  const failure = await failureOf(database.sql`insert into noted values (1)`);
  expect(isRingbackError(failure, 'query_deadline')).toBe(true);
  enough.resolve();
  await Promise.all(holding);
  expect([...(await database.sql`select * from noted`)]).toEqual([]);
});

test('after closing, everything is refused at once', async () => {
  await using own = await createTestDatabase({ empty: true });
  const database = open(own.url);
  await until('the database', database.ready());
  await database[Symbol.asyncDispose]();
  expect(database).toMatchObject({ state: 'closed' });
  expect(isRingbackError(await failureOf(database.sql`select 1`), 'stopping')).toBe(true);
  expect(isRingbackError(await failureOf(database.ready()), 'stopping')).toBe(true);
});
