import postgres from 'postgres';
import { expect, test } from 'vitest';
import { openDatabase } from '../../db/database.ts';
import { defaultDatabaseTimes, scaleTimes } from '../../db/times.ts';
import { beginWith } from '../../src/beginning.ts';
import { systemClock } from '../../src/clock.ts';
import { createTestDatabase } from '../support/database.ts';
import { quietLog } from '../support/quiet-log.ts';
import { until } from '../support/until.ts';

test('a start whose first statements fail is tried again until they succeed', async () => {
  await using opened = new AsyncDisposableStack();
  const { url } = opened.use(await createTestDatabase());
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  opened.defer(() => sql.end());
  const database = opened.use(
    openDatabase({
      url,
      clock: systemClock,
      log: quietLog(),
      migrationsFolder: null,
      times: scaleTimes(defaultDatabaseTimes, 0.2),
    }),
  );
  await until('the database', database.ready());
  const log = quietLog();
  const failed = Promise.withResolvers<void>();
  const begun = await sql.begin(async (other) => {
    await other`lock table agent, phone_number in access exclusive mode`;
    const beginning = beginWith({
      database,
      timeZone: 'Europe/Vienna',
      toolSettings: [],
      outboundHold: true,
      clock: systemClock,
      log: { ...log, warn: () => failed.resolve() },
      signal: AbortSignal.timeout(30_000),
    });
    beginning.catch(() => undefined);
    await until('the first failure', failed.promise);
    return { beginning };
  });
  await until('the start', begun.beginning);
  expect(await sql`select is_default from agent`).toEqual([{ is_default: true }]);
});
