import { sql as text } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../db/database.ts';
import { readRecord } from '../../../db/embedded/cluster.ts';
import { startEmbeddedPostgres } from '../../../db/embedded-postgres.ts';
import { defaultDatabaseTimes } from '../../../db/times.ts';
import { systemClock } from '../../../src/clock.ts';
import { isRingbackError } from '../../../src/errors.ts';
import { openFolder } from '../../support/folder.ts';
import { freezePostgres } from '../../support/freeze-postgres.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { slowness } from '../../support/slowness.ts';
import { until } from '../../support/until.ts';

test('on a frozen Postgres each statement fails within its deadline, and all works again when it thaws', async () => {
  await using opened = new AsyncDisposableStack();
  const { path: dataDir } = opened.use(await openFolder());
  const server = opened.use(
    await startEmbeddedPostgres({
      dataDir,
      log: () => undefined,
      settings: { fsync: 'off' },
      initFlags: ['--no-sync'],
    }),
  );
  const pid = (await readRecord(dataDir))?.server?.pid ?? 0;
  expect(pid).toBeGreaterThan(0);

  const times = {
    ...defaultDatabaseTimes,
    connectMs: 500,
    statementMs: 400,
    queryMs: 600,
    transactionMs: 1_000,
    probeEveryMs: 300,
    retryFromMs: 20,
    retryToMs: 100,
  };
  const database = opened.use(
    openDatabase({
      url: server.url,
      clock: systemClock,
      log: quietLog(),
      times,
      migrationsFolder: null,
    }),
  );
  await until('the database', database.ready());
  await database.sql`create table noted (n int)`;

  const frozen = await freezePostgres(pid);
  opened.defer(() => frozen[Symbol.dispose]());
  const askedMs = performance.now();
  const asked = await Promise.allSettled([
    ...Array.from({ length: 15 }, (_, n) => database.sql`insert into noted values (${n})`),
    database.transaction(async (tx) => void (await tx.execute(text`select 1`))),
    database.notify('anything', 'hello'),
  ]);
  const tookMs = performance.now() - askedMs;
  const failures = asked.map((result): unknown => (result.status === 'rejected' ? result.reason : 'answered'));
  expect(
    failures.filter(
      (failure) => !isRingbackError(failure, 'query_deadline') && !isRingbackError(failure, 'database_unavailable'),
    ),
  ).toEqual([]);
  // Seven had to wait for a connection first: both waits have the deadline.
  expect(tookMs).toBeLessThan(2 * times.transactionMs * slowness());
  await expect.poll(() => database.state).toBe('lost');

  frozen[Symbol.dispose]();
  await until('the database to be ready again', database.ready());
  await database.sql`insert into noted values (100)`;
  expect([...(await database.sql`select n from noted where n = 100`)]).toEqual([{ n: 100 }]);
  const [sessions] = await database.sql<
    { n: number }[]
  >`select count(*)::int as n from pg_stat_activity where application_name = 'ringback'`;
  expect(sessions?.n).toBeLessThanOrEqual(11);
});
