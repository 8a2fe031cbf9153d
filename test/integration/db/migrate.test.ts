import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../db/database.ts';
import { migrateDatabase, migrationsFolder } from '../../../db/migrate.ts';
import { defaultDatabaseTimes } from '../../../db/times.ts';
import { systemClock } from '../../../src/clock.ts';
import { isRingbackError, type RingbackError } from '../../../src/errors.ts';
import { startChild } from '../../support/child.ts';
import { createTestDatabase } from '../../support/database.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { until } from '../../support/until.ts';

const statements = [
  'create table "first" (id int primary key);\n--> statement-breakpoint\ninsert into "first" values (1);',
  'create table "second" (id int primary key);',
];

/** A folder of generated migrations as drizzle-kit lays it out, with the first `count` of the statements. */
async function migrations(count: number): Promise<{ folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'ringback-migrations-'));
  await mkdir(join(folder, 'meta'));
  const entries = statements.slice(0, count).map((_, index) => ({
    idx: index,
    version: '7',
    when: 1_700_000_000_000 + index,
    tag: `000${index}_step`,
    breakpoints: true,
  }));
  await writeFile(
    join(folder, 'meta', '_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
  );
  for (const entry of entries) await writeFile(join(folder, `${entry.tag}.sql`), statements[entry.idx] ?? '');
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

const common = { clock: systemClock, times: defaultDatabaseTimes };

test('four starters at once on an empty database all succeed, and each migration runs once', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using step = await migrations(2);
  const starters = Array.from({ length: 4 }, () => startChild('migrate-once.ts', [own.url, step.folder]));
  try {
    const applied = await Promise.all(starters.map((starter) => starter.nextLine()));
    const codes = await Promise.all(starters.map((starter) => starter.finish()));
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(applied.map(Number).toSorted((a, b) => a - b)).toEqual([0, 0, 0, 2]);
  } finally {
    for (const starter of starters) await starter[Symbol.asyncDispose]();
  }
});

test('only what is missing is applied', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using before = await migrations(1);
  await using after = await migrations(2);
  const { signal } = new AbortController();
  expect(await migrateDatabase({ ...common, url: own.url, folder: before.folder, signal })).toBe(1);
  expect(await migrateDatabase({ ...common, url: own.url, folder: after.folder, signal })).toBe(1);
  expect(await migrateDatabase({ ...common, url: own.url, folder: after.folder, signal })).toBe(0);
});

test('a database that is newer than the code is refused with the cure, unless the process ran before', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using old = await migrations(1);
  await using current = await migrations(2);
  const { signal } = new AbortController();
  await migrateDatabase({ ...common, url: own.url, folder: current.folder, signal });
  const told = Promise.withResolvers<RingbackError>();
  await using database = openDatabase({
    ...common,
    url: own.url,
    log: quietLog(),
    migrationsFolder: old.folder,
    onPermanentFailure: told.resolve,
  });
  expect(isRingbackError(await until('the refusal', told.promise), 'database_newer')).toBe(true);
  expect(database).toMatchObject({
    state: 'connecting',
    reason: 'the database was migrated by a newer version; start that version',
  });
  expect(
    await migrateDatabase({
      ...common,
      url: own.url,
      folder: old.folder,
      signal,
      allowNewer: true,
    }),
  ).toBe(0);
});

test('a migration that fails leaves the database as it was', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using step = await migrations(2);
  await writeFile(join(step.folder, '0001_step.sql'), 'create table "second" (id nonsense);');
  await expect(
    migrateDatabase({
      ...common,
      url: own.url,
      folder: step.folder,
      signal: AbortSignal.timeout(10_000),
    }),
  ).rejects.toThrow('nonsense');
  await using database = openDatabase({
    ...common,
    url: own.url,
    log: quietLog(),
    migrationsFolder: null,
  });
  await until('the database', database.ready());
  expect([...(await database.sql`select to_regclass('first') as found`)]).toEqual([{ found: null }]);
});

test('the database object migrates an empty database before it is ready', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = openDatabase({
    ...common,
    url: own.url,
    log: quietLog(),
    migrationsFolder,
  });
  await until('the database', database.ready());
  const [row] = await database.sql<
    { tables: number }[]
  >`select count(*)::int as tables from information_schema.tables where table_schema = 'public'`;
  expect(row?.tables).toBeGreaterThan(0);
});
