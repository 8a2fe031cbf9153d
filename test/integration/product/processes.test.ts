import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test, vi } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { openFolder } from '../../support/folder.ts';
import { refusedProduct, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

/* `PROCESSES=2` as a person starts it, with nothing else set up. */
vi.setConfig({ testTimeout: 120_000 });

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

test('several processes share the embedded Postgres of the one that was started, and print one link', async () => {
  await using folder = await openFolder();
  await using product = await startProduct({ DATA_DIR: folder.path, PROCESSES: '2' });
  const both = async (): Promise<void> => {
    while (count(product.output, /the replica has its lease/g) < 2)
      await systemClock.sleep(100, new AbortController().signal);
  };
  await until('both processes', both(), 60_000);
  const figures = await (await fetch(`${product.url}/metrics`)).text();
  expect(figures).toContain('ringback_process_up{process="1"} 1\nringback_process_up{process="2"} 1\n');
  expect(count(figures, /^# TYPE ringback_calls_live gauge$/gm)).toBe(1);
  expect(await product.stop('SIGTERM')).toBe(0);
  expect(count(product.output, /Postgres runs on 127/g)).toBe(1);
  expect(count(product.output, /\/sign-in\?code=/g)).toBe(1);
  expect(count(product.output, /has died/g)).toBe(0);
});

test('what none of several processes can go on with is one line, once, and the end of all', async () => {
  await using folder = await openFolder();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  try {
    const environment = { DATABASE_URL: 'postgres://127.0.0.1:1/nowhere', DATA_DIR: folder.path, PROCESSES: '2' };
    const { code, output } = await refusedProduct({ ...environment, PORT: String(port) });
    expect(code).toBe(1);
    expect(output.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([
      `PORT ${port} is taken on 127.0.0.1; stop what listens there or set PORT to another`,
    ]);
  } finally {
    taken.close();
  }
});
