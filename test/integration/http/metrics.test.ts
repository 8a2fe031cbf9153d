import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSurface, TOKEN, type Surface } from './surface.ts';

let opened: AsyncDisposableStack;
beforeEach(() => {
  opened = new AsyncDisposableStack();
});
afterEach(() => opened.disposeAsync());

/** Asks the way a scraper does; the peer is this machine unless the test says otherwise. */
async function scrape(
  surface: Surface,
  from: { peer?: string; host?: string; bearer?: string; headers?: Record<string, string> } = {},
): Promise<number> {
  const { statusCode, payload } = await surface.app.inject({
    method: 'GET',
    url: '/metrics',
    remoteAddress: from.peer ?? '127.0.0.1',
    headers: {
      host: from.host ?? '127.0.0.1:8080',
      ...(from.bearer === undefined ? {} : { authorization: `Bearer ${from.bearer}` }),
      ...from.headers,
    },
  });
  expect(payload.includes('ringback_up')).toBe(statusCode === 200);
  return statusCode;
}

const METRICS_TOKEN = 'the-token-of-the-scraper';

test('with METRICS_TOKEN only its bearer reads the metrics, from wherever', async () => {
  const surface = opened.use(await openSurface({ metricsToken: METRICS_TOKEN }));
  expect(await scrape(surface, { bearer: METRICS_TOKEN, peer: '203.0.113.7', host: 'voice.example.com' })).toBe(200);
  expect(await scrape(surface)).toBe(401);
  expect(await scrape(surface, { bearer: `${METRICS_TOKEN}x` })).toBe(401);
  expect(await scrape(surface, { bearer: TOKEN })).toBe(401);
});

test('without METRICS_TOKEN this machine itself reads them, and nobody else without the admin token', async () => {
  const surface = opened.use(await openSurface());
  expect(await scrape(surface)).toBe(200);
  expect(await scrape(surface, { peer: '::1', host: '[::1]:8080' })).toBe(200);
  expect(await scrape(surface, { peer: '::ffff:127.0.0.1', host: 'localhost:8080' })).toBe(200);
  expect(await scrape(surface, { peer: '203.0.113.7' })).toBe(401);
  expect(await scrape(surface, { peer: '203.0.113.7', bearer: TOKEN })).toBe(200);
  expect(await scrape(surface, { bearer: 'a-wrong-token-from-here' })).toBe(401);
});

test.each([
  ['x-forwarded-for', '203.0.113.7'],
  ['x-forwarded-for', '127.0.0.1'],
  ['forwarded', 'for=127.0.0.1'],
  ['x-real-ip', '127.0.0.1'],
  ['x-forwarded-proto', 'https'],
  ['via', '1.1 proxy'],
  ['cf-connecting-ip', '127.0.0.1'],
])('a request that a proxy on this machine passed on is not from this machine (%s: %s)', async (name, value) => {
  for (const trustProxy of [undefined, ['127.0.0.1']]) {
    await using surface = await openSurface(trustProxy === undefined ? {} : { trustProxy });
    expect(await scrape(surface, { headers: { [name]: value } })).toBe(401);
  }
});

test('a proxy that is believed cannot make somebody outside look like this machine', async () => {
  const surface = opened.use(await openSurface({ trustProxy: ['10.0.0.0/8'] }));
  expect(await scrape(surface, { peer: '10.0.0.5', headers: { 'x-forwarded-for': '127.0.0.1' } })).toBe(401);
});

test('a page that was led to this machine under its own name reads nothing', async () => {
  const surface = opened.use(await openSurface());
  expect(await scrape(surface, { host: 'evil.example:8080' })).toBe(401);
});

test('the ledger stands in the API behind the admin token, and in its description', async () => {
  const surface = opened.use(await openSurface());
  const agent = await surface.world.agent();
  await surface.world.book(agent, surface.world.person());
  expect((await surface.ask('GET', '/ledger')).body).toMatchObject({
    bookings: 1,
    promises: { kept: 0, late: 0, broken: 0, open: 1, cancelled: 0 },
    overdue: 0,
  });
  expect((await surface.app.inject({ url: '/api/v1/ledger' })).statusCode).toBe(401);
  const description = (await surface.app.inject({ url: '/openapi.json' })).json<{ paths: object }>();
  expect(Object.keys(description.paths)).toContain('/api/v1/ledger');
  expect(Object.keys(description.paths)).not.toContain('/metrics');
});
