import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildConsoleIfStale } from '../../scripts/build-console.ts';
import { ConsoleGateway } from '../fakes/console-gateway.ts';
import { openChromium } from '../support/chromium.ts';
import { slowness } from '../support/slowness.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const DIST = fileURLToPath(new URL('../../dist/console', import.meta.url));
let browser: Browser;
let gateway: ConsoleGateway;

beforeAll(async () => {
  await buildConsoleIfStale();
  browser = await openChromium();
  gateway = await ConsoleGateway.open();
  gateway.world.addAgent();
  for (let n = 0; n < 50; n += 1) gateway.world.putCallback({ toName: `Person ${n}` });
});
afterAll(async () => {
  await browser.close();
  await gateway[Symbol.asyncDispose]();
});

/** Opens the first page as somebody who is signed in, with nothing in the cache. */
async function firstPage(look: (page: Awaited<ReturnType<Browser['newPage']>>) => Promise<void>): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(gateway.newSignInLink());
  await page.getByRole('row').nth(1).waitFor();
  const { cookies } = await context.storageState();
  await context.close();
  const fresh = await browser.newContext();
  await fresh.addCookies(cookies);
  await look(await fresh.newPage());
  await fresh.close();
}

test('the first page brings at most 215 KB of script, packed as any proxy packs it', async () => {
  await firstPage(async (page) => {
    const scripts: string[] = [];
    page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      if (pathname.endsWith('.js') && !pathname.includes('worklet')) scripts.push(pathname);
    });
    await page.goto(`${gateway.url}/callbacks`);
    await page.getByRole('row').nth(1).waitFor();
    const sizes = await Promise.all(
      [...new Set(scripts)].map(async (path) => gzipSync(await readFile(DIST + path), { level: 9 }).length),
    );
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    console.log(`first page: ${(bytes / 1000).toFixed(1)} KB of script in ${sizes.length} files, gzip`);
    expect(sizes.length).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(215_000);
  });
});

test('something is on the screen within a second on this machine', async () => {
  const paints: number[] = [];
  for (let times = 0; times < 3; times += 1) {
    await firstPage(async (page) => {
      await page.goto(`${gateway.url}/callbacks`);
      await page.getByRole('row').nth(1).waitFor();
      paints.push(
        Number(await page.evaluate('performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 1e9')),
      );
    });
  }
  const median = paints.toSorted((one, other) => one - other)[1] ?? Infinity;
  console.log(`first contentful paint: ${median.toFixed(0)} ms (median of ${paints.length}, loopback)`);
  expect(median).toBeLessThanOrEqual(1_000 * slowness());
});

test('no page asks anything of another host, and none has a script of its own inside', async () => {
  const html = await readFile(`${DIST}/index.html`, 'utf8');
  expect(html).not.toMatch(/https?:\/\//);
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
  const names = await readdir(`${DIST}/assets`);
  expect(names.some((name) => name.endsWith('.css'))).toBe(true);
});
