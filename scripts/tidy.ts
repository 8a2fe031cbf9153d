import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';

/** A fault of the code as text: where, and what to do. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** Path from the root to text. Paths that end in a slash or have no text stand for files that only exist. */
export type Files = ReadonlyMap<string, string>;

const MOST_LINES = 400;
/** Tests are lists of promises, read one by one. */
const MOST_LINES_OF_TESTS = 600;
/** Files that may be longer, with the reason. */
const longFiles: Readonly<Record<string, string>> = {
  'src/domain/zone-data.ts': 'generated',
};

/** A doc comment with these words says for whom an export is there that the product does not use: tests, later adapters. */
const KEPT = 'Exported for ';

/** What the linter can't see: sizes, exports that nobody imports, unfinished work, dead links, missing doc comments. */
export function tidy(files: Files): Finding[] {
  const rules = [tooLong, unfinished, skippedTests, undocumented, deadLinks];
  const single = [...files].flatMap(([path, text]) => rules.flatMap((rule) => rule(path, text, files)));
  return [...single, ...deadExports(files)];
}

function tooLong(path: string, text: string): Finding[] {
  const lines = text.split('\n').length - 1;
  const most = path.startsWith('test/') ? MOST_LINES_OF_TESTS : MOST_LINES;
  if (!isCode(path) || lines <= most || longFiles[path] !== undefined) return [];
  return [{ path, line: most, text: `${lines} lines: more than ${most} are two files` }];
}

function unfinished(path: string, text: string): Finding[] {
  // Here they stand as the words that are looked for. An input's placeholder is a word of HTML.
  if (path === 'scripts/tidy.ts' || path.startsWith('test/') || !(isCode(path) || path.endsWith('.md'))) return [];
  const banned = /\b(?:TODO|FIXME|XXX|for now|stubs?|stubbed|(?<!-)placeholder(?!\s*[=:(]))\b/g;
  return findAll(
    path,
    text,
    banned,
    ([word]) => `"${word}" says that it is not finished: finish it, or say what it is`,
  );
}

function skippedTests(path: string, text: string): Finding[] {
  if (!path.startsWith('test/') || path.endsWith('tidy.test.ts')) return [];
  return findAll(
    path,
    text,
    /\b(?:test|it|describe)\.(?:skip|only|todo)\b/g,
    ([call]) => `${call} must not be left in`,
  );
}

function undocumented(path: string, text: string): Finding[] {
  // Components of the console say by name and properties what they are.
  if (!isProduct(path) || path.startsWith('src/console/')) return [];
  return exportsOf(text)
    .filter(({ name, kind, comment, body }) => comment === '' && wantsComment(name, kind, body))
    .map(({ name, line }) => ({ path, line, text: `${name} is exported and has no doc comment` }));
}

/** A function of one statement and a plain type say it by their name; an interface may say it member by member. */
function wantsComment(name: string, kind: string, body: string): boolean {
  if (kind.startsWith('function')) return body.split('\n').length > 2;
  if (kind === 'interface') return !/(?:Options|Settings|Deps)$/.test(name) && !body.includes('/**');
  return kind === 'class';
}

function deadLinks(path: string, text: string, files: Files): Finding[] {
  if (!path.endsWith('.md')) return [];
  const prose = text.replaceAll(/^```.*?^```/gms, (block) => block.replaceAll(/[^\n]/g, ' '));
  const links = [...prose.matchAll(/\]\((?!https?:|mailto:|#|\/)([^)#\s]+)[^)]*\)/g)].map((match) => ({
    match,
    target: posix.join(posix.dirname(path), match[1] ?? ''),
  }));
  const named = [...prose.matchAll(/`((?:src|db|media|scripts|test|docs)\/[\w./-]+\.\w+)`/g)].map((match) => ({
    match,
    target: match[1] ?? '',
  }));
  return (
    [...links, ...named]
      // Acme is the vendor of the examples.
      .filter(({ target }) => !target.includes('acme') && !exists(files, target))
      .map(({ match, target }) => ({ path, line: lineAt(text, match.index), text: `${target} does not exist` }))
  );
}

function exists(files: Files, target: string): boolean {
  const bare = target.replace(/\/$/, '');
  return files.has(bare) || [...files.keys()].some((path) => path.startsWith(`${bare}/`));
}

/** Exports that neither their own file nor another of the product, its scripts or settings uses. */
function deadExports(files: Files): Finding[] {
  const imported = importedNames(files);
  return [...files]
    .filter(([path]) => isProduct(path))
    .flatMap(([path, text]) =>
      exportsOf(text)
        .filter(({ name }) => !imported.has(`${path} ${name}`) && !imported.has(`${path} *`))
        .filter(({ comment }) => !comment.includes(KEPT))
        // What its own file uses is not dead, whoever else may see it.
        .filter(({ name }) => count(text, name) < 2)
        .map(({ name, line }) => ({ path, line, text: `${name} is used by nothing, tests apart` })),
    );
}

/** "path name" of everything that is imported outside of tests; "path *" where a file is imported as a whole. */
function importedNames(files: Files): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [path, text] of files) {
    if (!isCode(path) || path.startsWith('test/')) continue;
    for (const [, clause = '', from = ''] of text.matchAll(/^(?:import|export)\s([^;']*?)\sfrom\s'(\.[^']+)'/gm))
      for (const name of clauseNames(clause)) names.add(`${resolve(path, from)} ${name}`);
    for (const [, from = ''] of text.matchAll(/import\('(\.[^']+)'\)/g)) names.add(`${resolve(path, from)} *`);
  }
  return names;
}

function clauseNames(clause: string): string[] {
  if (clause.includes('*')) return ['*'];
  const braces = /\{([^}]*)\}/.exec(clause)?.[1] ?? '';
  return braces.split(',').map((part) => /(?:type\s+)?(\w+)/.exec(part.trim().replace(/^type\s+/, ''))?.[1] ?? '');
}

function resolve(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier.replace(/\?.*$/, ''));
}

/** Exported declarations with the doc comment right above them. Default exports are found by their folder. */
function exportsOf(text: string): { name: string; kind: string; comment: string; body: string; line: number }[] {
  const declaration =
    /(\/\*\*(?:[^*]|\*(?!\/))*\*\/\n(?:\/\/[^\n]*\n)*)?^export (?:async )?(?:abstract )?(function\*?|const|class|interface|type) (\w+)/gm;
  return [...text.matchAll(declaration)].map((match) => {
    const [whole, comment = '', kind = '', name = ''] = match;
    const end = match.index + whole.length;
    // To the brace in the first column that closes it.
    const body = text.slice(end, text.indexOf('\n}', end));
    return { name, kind, comment, body, line: lineAt(text, end) };
  });
}

function count(text: string, name: string): number {
  return [...text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length;
}

function isCode(path: string): boolean {
  return /\.tsx?$/.test(path);
}

function isProduct(path: string): boolean {
  return isCode(path) && /^(?:src|db|media)\//.test(path);
}

function findAll(path: string, text: string, pattern: RegExp, say: (match: RegExpExecArray) => string): Finding[] {
  return [...text.matchAll(pattern)].map((match) => ({ path, line: lineAt(text, match.index), text: say(match) }));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** What git knows or would take in, so that builds and data are left out. */
async function readFiles(root: string): Promise<Files> {
  const { stdout } = await promisify(execFile)('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: root });
  const paths = stdout.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
  const isText = /\.(?:tsx?|md)$/;
  return new Map(
    await Promise.all(
      paths.map(async (path): Promise<[string, string]> => [
        path,
        isText.test(path) ? await readFile(join(root, path), 'utf8') : '',
      ]),
    ),
  );
}

if (process.argv[1] === import.meta.filename) {
  const findings = tidy(await readFiles(join(import.meta.dirname, '..')));
  for (const { path, line, text } of findings) console.error(`${path}:${line}: ${text}`);
  if (findings.length > 0) process.exitCode = 1;
}
