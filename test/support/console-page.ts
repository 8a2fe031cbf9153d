import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import { buildConsoleIfStale } from '../../scripts/build-console.ts';
import { ConsoleGateway, type ConsoleGatewayOptions } from '../fakes/console-gateway.ts';
import { openChromium } from './chromium.ts';

/** What each test of a file finds new. */
export interface ConsoleDesk {
  readonly browser: Browser;
  readonly gateway: ConsoleGateway;
  readonly context: BrowserContext;
  /** Not signed in yet. */
  readonly page: Page;
  /** Signs `page` in, and goes to `path`. */
  signIn(path?: string): Promise<void>;
}

/**
 * One browser for a file's tests, and a gateway with one agent, a profile and a page for each of them. Call it once, at
 * the top of a file; it opens and closes them by the file's hooks. A test fails where its page threw, or asked for what
 * the content security policy forbids.
 */
export function useConsole(
  options: { gateway?: () => ConsoleGatewayOptions; browser?: BrowserContextOptions } = {},
): ConsoleDesk {
  vi.setConfig({ testTimeout: 40_000, hookTimeout: 60_000 });
  let open: Omit<ConsoleDesk, 'browser' | 'signIn'> | null = null;
  let browser: Browser | null = null;
  let faults: string[] = [];
  beforeAll(async () => {
    await buildConsoleIfStale();
    browser = await openChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    const gateway = await ConsoleGateway.open(options.gateway?.() ?? {});
    gateway.world.addAgent();
    const context = await of(browser).newContext(options.browser ?? {});
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    faults = faultsOf(page);
    open = { gateway, context, page };
  });
  afterEach(async () => {
    await open?.context.close();
    await open?.gateway[Symbol.asyncDispose]();
    open = null;
    expect(faults, 'errors on the page').toEqual([]);
  });
  return {
    get browser() {
      return of(browser);
    },
    get gateway() {
      return of(open).gateway;
    },
    get context() {
      return of(open).context;
    },
    get page() {
      return of(open).page;
    },
    async signIn(path = '/callbacks') {
      const { page, gateway } = of(open);
      await page.goto(gateway.newSignInLink());
      await page.getByRole('heading', { name: 'Callbacks', exact: true }).waitFor();
      if (path !== '/callbacks') await page.goto(gateway.url + path);
    },
  };
}

function faultsOf(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (/content security policy|refused to/i.test(message.text())) faults.push(message.text());
  });
  return faults;
}

function of<T>(value: T | null): T {
  if (value === null) throw new Error('the console is open inside of tests only');
  return value;
}
