import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../db/database.ts';
import { openAuth, type Auth } from '../../../src/auth/auth.ts';
import { systemClock } from '../../../src/clock.ts';
import { createTestDatabase } from '../../support/database.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { until } from '../../support/until.ts';

let opened: AsyncDisposableStack;
let database: Database;
let auth: Auth;

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  const { url } = opened.use(await createTestDatabase());
  database = opened.use(openDatabase({ url, clock: systemClock, log: quietLog(), migrationsFolder: null }));
  await until('the database', database.ready());
  auth = openAuth({ database, adminToken: null, onLostHint: () => undefined });
});
afterEach(() => opened.disposeAsync());

const refused = { code: 'invalid_credentials', httpStatus: 401 };

test('a sign-in code opens one session, whoever is first', async () => {
  const code = await auth.newSignInCode();
  const tries = await Promise.allSettled(Array.from({ length: 5 }, () => auth.signIn({ code }, 'a browser')));
  const sessions = tries.flatMap((tried) => (tried.status === 'fulfilled' ? [tried.value] : []));
  expect(sessions).toHaveLength(1);
  expect(await auth.isSession(sessions[0]?.session ?? '')).toBe(true);
  await expect(auth.signIn({ code }, 'a browser')).rejects.toMatchObject(refused);
});

test('a sign-in code is worth nothing after ten minutes', async () => {
  const code = await auth.newSignInCode();
  const [left] = await database.sql<{ seconds: number }[]>`
    select extract(epoch from expires_at - now())::float8 as seconds from sign_in_code`;
  expect(left?.seconds).toBeGreaterThan(590);
  expect(left?.seconds).toBeLessThanOrEqual(600);
  await database.sql`update sign_in_code set expires_at = now() - interval '1 second'`;
  await expect(auth.signIn({ code }, 'a browser')).rejects.toMatchObject(refused);
});

test('a session ends when it is signed out, and when its time is over', async () => {
  const sessions = await Promise.all(
    [1, 2].map(async () => (await auth.signIn({ code: await auth.newSignInCode() }, 'a browser')).session),
  );
  const [one = '', two = ''] = sessions;
  await auth.signOut(one);
  expect(await auth.isSession(one)).toBe(false);
  expect(await auth.isSession(two)).toBe(true);
  await database.sql`update session set expires_at = now() - interval '1 second'`;
  expect(await auth.isSession(two)).toBe(false);
});

test('codes and sessions stand in the database by their hashes alone', async () => {
  const code = await auth.newSignInCode();
  const { session } = await auth.signIn({ code }, 'a browser');
  const rows = JSON.stringify([
    await database.sql`select * from sign_in_code`,
    await database.sql`select * from session`,
  ]);
  expect(rows).not.toContain(code);
  expect(rows).not.toContain(session);
});

test('several starters keep one generated admin token', async () => {
  const starters = Array.from({ length: 4 }, () =>
    openAuth({ database, adminToken: null, onLostHint: () => undefined }),
  );
  expect(await Promise.all(starters.map((starter) => starter.isAdminToken('a guess')))).not.toContain(true);
  const rows = await database.sql<{ value: string }[]>`select value from setting where key = 'admin_token'`;
  expect(rows).toHaveLength(1);
  const [token] = rows;
  expect(await Promise.all(starters.map((starter) => starter.isAdminToken(token?.value ?? '')))).not.toContain(false);
});

test('the token of the environment goes before the kept one', async () => {
  const own = openAuth({ database, adminToken: 'a-token-of-my-own', onLostHint: () => undefined });
  expect(await own.isAdminToken('a-token-of-my-own')).toBe(true);
  await expect(own.signIn({ token: 'another-one' }, 'a browser')).rejects.toMatchObject(refused);
  expect(await auth.isAdminToken('a-token-of-my-own')).toBe(false);
});
