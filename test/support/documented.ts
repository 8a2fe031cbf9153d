import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface CodeFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly code: string;
}

/** The files that a page of docs/ shows: each block of TypeScript that begins with its path as a comment. */
export async function filesShownIn(page: string): Promise<CodeFile[]> {
  const markdown = await readFile(join(root, page), 'utf8');
  return [...markdown.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, path = '', code = '']) => ({
    path,
    code,
  }));
}

/**
 * This repository in another folder, with files added: every other file of src/ and test/ is a link to the one here.
 */
export async function copyWith(folder: string, files: readonly CodeFile[]): Promise<void> {
  for (const name of whole) await symlink(join(root, name), join(folder, name));
  for (const name of grown) await linkFiles(name, folder, new Set(files.map(({ path }) => path)));
  for (const { path, code } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), code);
  }
}

const whole = ['media', 'db', 'node_modules', 'package.json', 'tsconfig.json'];
const grown = ['src', 'test'];

/** Who has typed the documented files in has them here already; those of the page are meant. */
async function linkFiles(within: string, folder: string, added: ReadonlySet<string>): Promise<void> {
  await mkdir(join(folder, within), { recursive: true });
  for (const entry of await readdir(join(root, within), { withFileTypes: true })) {
    const path = join(within, entry.name);
    if (entry.isDirectory()) await linkFiles(path, folder, added);
    else if (!added.has(path)) await symlink(join(root, path), join(folder, path));
  }
}
