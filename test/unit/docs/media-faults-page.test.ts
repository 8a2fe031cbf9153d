import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const PAGE = 'docs/reference/media-faults.md';
const ROW = /^\| ([MSLV]\d+) +\|.*\| ([^|]+) \|$/gm;
const LINK = /\]\(([^)]+\.test\.ts)\)/g;
const TITLE = /(['"`])((?:[MSLV]\d+, )*[MSLV]\d+): /g;
const wanted = { M: 16, S: 5, L: 10, V: 4 } as const;

test('every fault of a socket and a vendor has one row, and each file that it names has a test with its id', async () => {
  const markdown = await readFile(join(root, PAGE), 'utf8');
  const rows = [...markdown.matchAll(ROW)].map(([, id = '', proof = '']) => ({ id, proof }));
  const all = Object.entries(wanted).flatMap(([group, count]) =>
    Array.from({ length: count }, (_, index) => `${group}${index + 1}`),
  );
  expect(rows.map(({ id }) => id)).toEqual(all);
  for (const { id, proof } of rows) {
    const files = [...proof.matchAll(LINK)].map(([, link = '']) => join(root, dirname(PAGE), link));
    expect(files.length, id).toBeGreaterThan(0);
    for (const file of files) {
      const code = await readFile(file, 'utf8');
      const ids = [...code.matchAll(TITLE)].flatMap(([, , found = '']) => found.split(', '));
      expect(ids, file).toContain(id);
    }
  }
});
