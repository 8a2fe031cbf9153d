import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSurface, TOKEN, type Surface } from './surface.ts';

let surface: Surface;
beforeEach(async () => {
  surface = await openSurface();
});
afterEach(() => surface[Symbol.asyncDispose]());

/** Signs a browser in; what it does afterwards it does with its cookie, from our own page. */
async function browser(userAgent: string) {
  const opened = await surface.app.inject({
    method: 'POST',
    url: '/api/v1/session',
    headers: { 'user-agent': userAgent },
    payload: { token: TOKEN },
  });
  expect(opened.statusCode).toBe(200);
  const cookie = String(opened.headers['set-cookie']).split(';')[0] ?? '';
  return (method: 'GET' | 'POST' | 'DELETE', path: string, origin = 'https://gateway.example') =>
    surface.app.inject({ method, url: `/api/v1${path}`, headers: { cookie, origin } });
}

interface Session {
  readonly id: string;
  readonly userAgent: string;
  readonly current: boolean;
  readonly seenAt: string;
}

test('an operator sees where they are signed in, and signs a lost laptop out at once', async () => {
  const here = await browser('Here/1');
  const laptop = await browser('Laptop/1');
  const listed = (await here('GET', '/sessions')).json<{ items: Session[] }>().items;
  expect(listed.map(({ userAgent, current }) => [userAgent, current])).toEqual([
    ['Laptop/1', false],
    ['Here/1', true],
  ]);
  expect((await laptop('GET', '/callbacks')).statusCode).toBe(200);
  const lost = listed.find(({ userAgent }) => userAgent === 'Laptop/1');
  expect((await here('DELETE', `/sessions/${lost?.id ?? ''}`)).statusCode).toBe(204);
  expect((await laptop('GET', '/callbacks')).statusCode).toBe(401);
  expect((await here('GET', '/callbacks')).statusCode).toBe(200);
  expect(await surface.audit(lost?.id ?? '')).toMatchObject([{ actor: 'operator', action: 'session.revoked' }]);
});

test('the secret of a session stands in no list', async () => {
  const here = await browser('Here/1');
  const text = (await here('GET', '/sessions')).payload;
  const [row] = await surface.world.database.sql<{ hash: string }[]>`select hash from session`;
  expect(row?.hash).toHaveLength(64);
  expect(text).not.toContain(row?.hash);
});

test('all others are signed out with one press, and nobody from another site can press it', async () => {
  const here = await browser('Here/1');
  const others = [await browser('A'), await browser('B')];
  expect((await here('POST', '/sessions/revoke-others', 'https://evil.example')).statusCode).toBe(403);
  expect((await here('POST', '/sessions/revoke-others')).json()).toEqual({ revoked: 2 });
  for (const other of others) expect((await other('GET', '/sessions')).statusCode).toBe(401);
  expect((await here('GET', '/sessions')).statusCode).toBe(200);
});

test('that a session is used is noted to the minute, without a write for each request', async () => {
  const here = await browser('Here/1');
  const { sql } = surface.world.database;
  await sql`update session set seen_at = now() - interval '2 minutes'`;
  const seen = async () => (await here('GET', '/sessions')).json<{ items: Session[] }>().items[0]?.seenAt ?? '';
  const first = await seen();
  expect(Date.parse(first)).toBeGreaterThan(Temporal.Now.instant().subtract({ minutes: 1 }).epochMilliseconds);
  expect(await seen()).toBe(first);
});

test('the twenty-first try to sign in within a minute is refused', async () => {
  const tries = [];
  for (let tried = 0; tried < 21; tried += 1)
    tries.push(
      (await surface.app.inject({ method: 'POST', url: '/api/v1/session', payload: { token: 'wrong' } })).statusCode,
    );
  expect(tries.slice(0, 20).every((status) => status === 401)).toBe(true);
  expect(tries.at(-1)).toBe(429);
});
