import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const PAGE = 'docs/reference/faults.md';
const ROW = /^\| ((?:[KPCRWD]|crash point )\d+) +\| [^|]+\| (.*?) +\|$/gm;
const LINK = /\]\(([^)]+\.test\.ts)\)/g;
/** `K2, crash point 5: what is promised`, in whatever quotes. */
const TITLE = /(['"`])((?:(?:[KPCRWD]|crash point )\d+, )*(?:[KPCRWD]|crash point )\d+): /g;
const NOT_RUN = /^not run: .{20,}/;

/** The ids that the titles of a test file begin with. */
async function idsIn(path: string): Promise<Set<string>> {
  const code = await readFile(path, 'utf8');
  return new Set([...code.matchAll(TITLE)].flatMap(([, , ids = '']) => ids.split(', ')));
}

/** Each row of the page: its id, and what its last column says. */
async function rowsOfPage(): Promise<{ id: string; proof: string }[]> {
  const markdown = await readFile(join(root, PAGE), 'utf8');
  return [...markdown.matchAll(ROW)].map(([, id = '', proof = '']) => ({ id, proof }));
}

test('each row of the page of faults names a test that bears its id, or says why there is none', async () => {
  const rows = await rowsOfPage();
  expect(rows.length).toBeGreaterThan(0);
  for (const { id, proof } of rows) {
    if (proof.startsWith('not run') || !proof.includes('.test.ts)')) {
      expect(proof, id).toMatch(NOT_RUN);
      continue;
    }
    const files = [...proof.matchAll(LINK)].map(([, link = '']) => join(root, dirname(PAGE), link));
    for (const file of files) {
      const found = { file: relative(root, file), id, bears: (await idsIn(file)).has(id) };
      expect(found).toEqual({ ...found, bears: true });
    }
  }
});

test('each fault has one row, which names every test that bears its id', async () => {
  const rows = await rowsOfPage();
  const ids = rows.map(({ id }) => id);
  expect(ids.toSorted()).toEqual([...new Set(ids)].toSorted());
  const folder = join(root, 'test/faults');
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.test.ts')))
    for (const id of await idsIn(join(folder, name))) {
      const named = rows.find((row) => row.id === id)?.proof.includes(`/${name})`) === true;
      expect({ test: name, id, named }).toEqual({ test: name, id, named: true });
    }
});
