import { expect, test } from 'vitest';
import { tidy } from '../../../scripts/tidy.ts';

const clean = {
  'src/a.ts': "import { used } from './b.ts';\nused();\n",
  'src/b.ts': '/** Does it. */\nexport function used(): void {\n  helper();\n  helper();\n}\n',
};

test('code without faults has none', () => {
  expect(findings(clean)).toEqual([]);
});

test('a file that grew too long is told, a generated one is not', () => {
  const long = '\n'.repeat(401);
  expect(findings({ 'src/long.ts': long, 'src/domain/zone-data.ts': long, 'package-lock.json': long })).toEqual([
    'src/long.ts:400 401 lines: more than 400 are two files',
  ]);
  expect(findings({ 'test/long.ts': long })).toEqual([]);
});

test('what says that it is not finished is told, an input with a placeholder is not', () => {
  expect(
    findings({
      'src/a.ts': '// TODO later\n',
      'src/console/b.tsx': '<input placeholder="Number" />\n',
      'media/c.ts': '// a stub for now\n',
      'docs/d.md': 'FIXME\n',
    }),
  ).toEqual([
    'src/a.ts:1 "TODO" says that it is not finished: finish it, or say what it is',
    'media/c.ts:1 "stub" says that it is not finished: finish it, or say what it is',
    'media/c.ts:1 "for now" says that it is not finished: finish it, or say what it is',
    'docs/d.md:1 "FIXME" says that it is not finished: finish it, or say what it is',
  ]);
});

test('a test that is skipped or runs alone is told, one that asks for its machine is not', () => {
  expect(
    findings({
      'test/unit/a.test.ts': "test.skip('a', run);\ntest.only('b', run);\ntest.skipIf(windows)('c', run);\n",
    }),
  ).toEqual([
    'test/unit/a.test.ts:1 test.skip must not be left in',
    'test/unit/a.test.ts:2 test.only must not be left in',
  ]);
});

test('an export that only a test uses is told, unless its comment says for whom it is there', () => {
  expect(
    findings({
      'src/a.ts': '/** It. */\nexport const lonely = 1;\n/** Exported for tests. */\nexport const kept = 2;\n',
      'test/unit/a.test.ts': "import { lonely } from '../../src/a.ts';\n",
    }),
  ).toEqual(['src/a.ts:2 lonely is used by nothing, tests apart']);
});

test('an export is alive when it is imported by name, by type, as a whole, or at run time', () => {
  const exported = (name: string): string => `/** It. */\nexport const ${name} = 1;\n`;
  expect(
    findings({
      'src/one.ts': exported('one'),
      'src/two.ts': exported('two'),
      'src/three.ts': exported('three'),
      'src/four.ts': exported('four'),
      'scripts/use.ts':
        "import {\n  type other,\n  one as first,\n} from '../src/one.ts';\nimport type { two } from '../src/two.ts';\nimport * as three from '../src/three.ts';\nconst { four } = await import('../src/four.ts');\n",
    }),
  ).toEqual([]);
});

test('an exported function, class or interface says what it is, unless one line already does', () => {
  const text = [
    'export async function run(): Promise<void> {\n  one();\n  two();\n}',
    'export function isOpen(): boolean {\n  return open;\n}',
    'export class Box {\n  width = 1;\n}',
    'export interface Plain {\n  readonly width: number;\n}',
    'export interface Told {\n  /** In metres. */\n  readonly width: number;\n}',
    'run(isOpen(), new Box(), {} as Plain, {} as Told);',
  ].join('\n');
  expect(findings({ 'src/a.ts': text })).toEqual([
    'src/a.ts:1 run is exported and has no doc comment',
    'src/a.ts:8 Box is exported and has no doc comment',
    'src/a.ts:11 Plain is exported and has no doc comment',
  ]);
});

test('a link or a path that leads nowhere is told, a good one and an example are not', () => {
  expect(
    findings({
      'README.md': '[a](docs/a.md) [b](docs/b.md#there) [web](https://example.com) `src/nothing.ts`\n',
      'docs/a.md':
        '[up](../README.md) [folder](../src/)\n```\n[example](nowhere.md) `src/example.ts`\n```\n[gone](gone.md)\n',
      'src/x.ts': '',
    }),
  ).toEqual([
    'README.md:1 docs/b.md does not exist',
    'README.md:1 src/nothing.ts does not exist',
    'docs/a.md:5 docs/gone.md does not exist',
  ]);
});

function findings(files: Record<string, string>): string[] {
  return tidy(new Map(Object.entries(files))).map(({ path, line, text }) => `${path}:${line} ${text}`);
}
