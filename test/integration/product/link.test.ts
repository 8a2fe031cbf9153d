import { expect, test, vi } from 'vitest';
import { askForLink } from '../../support/ask-for-link.ts';
import { createTestDatabase } from '../../support/database.ts';
import { openFolder } from '../../support/folder.ts';
import { startProduct } from '../../support/product.ts';

/* What a person sees who asks for another sign-in link: the command as it is started. */
vi.setConfig({ testTimeout: 120_000 });

test('where no gateway runs, on a database of its own or of ours, there is no link but a line that says so', async () => {
  await using folder = await openFolder();
  const without = await askForLink({ DATA_DIR: folder.path });
  expect(without).toMatchObject({ code: 1, out: '' });
  expect(without.errors).toContain('no gateway runs here; start it with npm start');
  await using database = await createTestDatabase();
  const nobody = await askForLink({ DATA_DIR: folder.path, DATABASE_URL: database.url });
  expect(nobody).toMatchObject({ code: 1, out: '' });
  expect(nobody.errors).toContain('no gateway runs on this database; start it with npm start');
});

test('where one runs, the link signs in, and an address at which nothing answers is told beside it', async () => {
  await using folder = await openFolder();
  await using database = await createTestDatabase();
  const settings = { DATA_DIR: folder.path, DATABASE_URL: database.url };
  await using product = await startProduct(settings);
  const { port } = new URL(product.url);
  const right = await askForLink({ ...settings, PORT: port });
  expect(right).toMatchObject({ code: 0, errors: '' });
  const link = new URL(right.out.trim());
  expect(link.origin).toBe(product.url);
  const answer = await fetch(`${product.url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: product.url },
    body: JSON.stringify({ code: link.searchParams.get('code') }),
  });
  expect(answer.status).toBe(200);
  await answer.body?.cancel();
  // Port 9 discards, where anything listens there at all.
  const wrong = await askForLink({ ...settings, PORT: '9' });
  expect(wrong.code).toBe(0);
  expect(wrong.out).toContain('http://127.0.0.1:9/sign-in?code=');
  expect(wrong.errors).toContain('Nothing answers at http://127.0.0.1:9 from here.');
});
