import postgres from 'postgres';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { openFolder } from '../support/folder.ts';
import { refusedProduct, startReplica } from '../support/product.ts';
import { until } from '../support/until.ts';
import { ReplicaWorld, TOKEN } from './replica-world.ts';
import { asksFor, ends, listens, promise, somebody } from './support/promises.ts';

/* Versions of the schema that meet, and starters that meet on an empty database. */

test('P16: the schema is newer than the code: a running replica goes on, one that starts refuses in one sentence', async () => {
  await using world = await ReplicaWorld.open(['a'], { environment: { DRAIN_TIMEOUT_SECONDS: '1' } });
  const { sql, twilio } = world;
  twilio.callee = listens();
  // What the next version leaves behind while this one still runs.
  await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('of the next version', 4102444800000)`;
  await sql`alter table callback add column of_the_next_version text`;
  // Its connections are made anew, and with them it looks at the schema again.
  const name = new URL(world.url).pathname.slice(1);
  for (const readOnly of ['on', 'off']) {
    await sql`alter database ${sql(name)} set default_transaction_read_only = ${sql.unsafe(readOnly)}`;
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ringback'`;
    await until('the replica to see it', world.balancer.sees('a', readOnly === 'off'), 60_000);
  }
  const to = somebody();
  await ends(world, await promise(world, to, 300), 'completed');
  expect(asksFor(twilio, to)).toHaveLength(1);

  await using folder = await openFolder();
  const { url } = world;
  const { code, output } = await refusedProduct({ DATABASE_URL: url, DATA_DIR: folder.path, ADMIN_TOKEN: TOKEN });
  expect(code).toBe(1);
  expect(output).toMatch(/newer/);
});

test('P17: four replicas start at once on an empty database: one makes the schema, all of them serve', async () => {
  await using database = await createTestDatabase({ empty: true });
  await using opened = new AsyncDisposableStack();
  const replicas = await Promise.all(
    ['one', 'two', 'three', 'four'].map(async () => {
      const folder = opened.use(await openFolder());
      return opened.use(
        await startReplica({
          DATABASE_URL: database.url,
          DATA_DIR: folder.path,
          ADMIN_TOKEN: TOKEN,
          PUBLIC_URL: 'http://localhost',
        }),
      );
    }),
  );
  const ready = async (url: string): Promise<void> => {
    while (!(await fetch(`${url}/readyz`)).ok);
  };
  await Promise.all(replicas.map(({ url }) => until('a replica to be ready', ready(url), 60_000)));
  const migrations = replicas.filter(({ output }) => output.includes('the database was migrated'));
  expect(migrations).toHaveLength(1);
  const sql = postgres(database.url, { max: 1, onnotice: () => undefined });
  opened.defer(() => sql.end());
  const [agents] = await sql<{ n: number }[]>`select count(*)::int as n from agent`;
  expect(agents?.n).toBe(1);
  await expect.poll(() => sql`select id from replica`, { timeout: 60_000 }).toHaveLength(4);
});
