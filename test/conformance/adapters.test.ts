import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { discoverAdapters, envFragments } from '../../src/adapters.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { VariableMeta } from '../../src/env.ts';
import { ToolInputError } from '../../src/tools/tool.ts';
import { copyWith, filesShownIn } from '../support/documented.ts';
import { openFolder } from '../support/folder.ts';
import { quietLog } from '../support/quiet-log.ts';
import { toolContext } from '../support/tool-context.ts';
import { listener } from './support/listener.ts';
import { tryAdapter } from './support/rig.ts';

const found = await discoverAdapters();
const context = { clock: systemClock, log: quietLog(), random: () => 0.5, publicUrl: 'http://127.0.0.1:8080' };
const kinds = ['carriers', 'stt', 'llm', 'tts'] as const;

describe.each(kinds)('%s', (kind) => {
  test.each(found[kind].map((definition) => [definition.name, definition] as const))(
    '%s says who it is, and each of its variables what it does',
    (_name, definition) => {
      expect(definition.name).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(definition.title.trim()).not.toBe('');
      for (const [name, schema] of Object.entries(definition.env)) {
        const meta = z.globalRegistry.get(schema as z.ZodType) as (VariableMeta & { description?: string }) | undefined;
        expect(name).toMatch(/^[A-Z][A-Z0-9_]*$/);
        expect(meta?.description?.trim(), `${name} has no description`).toBeTruthy();
        expect(meta?.wants.trim(), `${name} does not say what it wants`).toBeTruthy();
      }
      if (definition.standIn !== undefined) expect(definition.standIn.notice).toMatch(/^[A-Z].{20,}\.$/);
    },
  );

  test('no two stand-ins have the same rank', () => {
    const ranks = found[kind].flatMap(({ standIn }) => (standIn === undefined ? [] : [standIn.rank]));
    expect(new Set(ranks).size).toBe(ranks.length);
  });
});

test('with nothing set, what has to be there is a stand-in', () => {
  expect(() => readConfig({}, envFragments(found))).not.toThrow();
  for (const kind of ['carriers', 'llm', 'tts'] as const)
    expect(
      found[kind].some(({ standIn }) => standIn !== undefined),
      kind,
    ).toBe(true);
});

test('the page of adapters names each of them, and how an STT ends a turn', async () => {
  const page = await readFile(new URL('../../docs/reference/adapters.md', import.meta.url), 'utf8');
  const rows = page.matchAll(/^\| (carrier|stt|llm|tts) +\| `([a-z-]+)` +\| (yes|no) +\| (.+) \|$/gm);
  const shown = Array.from(rows, ([, kind, name, standIn]) => [kind, name, standIn]);
  const there = kinds.flatMap((kind) =>
    found[kind].map(({ name, standIn }) => [
      kind === 'carriers' ? 'carrier' : kind,
      name,
      standIn === undefined ? 'no' : 'yes',
    ]),
  );
  expect(shown).toEqual(there);
  for (const definition of found.stt) {
    await using tried = await tryAdapter('stt', definition);
    const row = page.split('\n').find((line) => line.startsWith('| stt ') && line.includes(`\`${definition.name}\``));
    expect(row).toContain(`\`${tried?.vendor.capabilities.endOfTurn ?? ''}\``);
  }
});

describe('what the documentation shows', () => {
  const pages = ['docs/how-to/add-an-adapter.md', 'docs/how-to/add-a-tool.md'];

  test('is found, opened and tried like what is there, with nothing else edited', { timeout: 120_000 }, async () => {
    const files = (await Promise.all(pages.map(filesShownIn))).flat();
    expect(files.map(({ path }) => path).toSorted()).toEqual([
      'src/tools/opening-hours.ts',
      'src/tts/acme/acme.ts',
      'src/tts/acme/env.ts',
      'src/tts/acme/index.ts',
      'test/conformance/support/tts/acme.ts',
    ]);
    await using folder = await openFolder();
    await copyWith(folder.path, files);
    const copy = await discoverAdapters(pathToFileURL(join(folder.path, 'src/')));
    expect(copy.tts.map(({ name }) => name)).toEqual(namesWith('acme', found.tts));
    expect(copy.tools.map(({ name }) => name).toSorted()).toEqual(namesWith('opening_hours', found.tools));
    expect(readConfig({ ACME_API_KEY: 'k' }, envFragments(copy)).adapters).toMatchObject({ ACME_API_KEY: 'k' });

    const settings = readConfig({ ACME_API_KEY: 'k' }, envFragments(copy)).adapters;
    const voices = copy.tts.find(({ name }) => name === 'acme');
    await using tts = await voices?.open(settings, context);
    const format = tts?.capabilities.formats[0];
    if (tts === undefined || format === undefined) throw new Error('the documented voice did not open');
    using voice = tts.open({ format, voice: null, language: 'en-US', signal: new AbortController().signal });
    const heard = listener();
    const utterance = voice.utter(heard.events);
    utterance.push('Hello, here is Acme.');
    utterance.finish();
    await heard.ended();
    expect(heard.audio().length).toBeGreaterThan(0);
    await expect(voices?.open({}, context)).resolves.toBeUndefined();

    const hours = copy.tools.find(({ name }) => name === 'opening_hours');
    const call = toolContext().context;
    expect(() => hours?.parse({ day: 7 }, call)).toThrow(ToolInputError);
    const answer = await hours?.run(hours.parse({ day: 'Monday' }, call), call, {
      signal: new AbortController().signal,
    });
    expect(answer).toEqual({ ok: true, say: 'We are open from nine to six.' });
  });

  test('passes the type check as it is written', { timeout: 120_000 }, async () => {
    const files = (await Promise.all(pages.map(filesShownIn))).flat();
    await using folder = await openFolder();
    await copyWith(folder.path, files);
    const settings = { extends: './tsconfig.json', include: [], files: files.map(({ path }) => path) };
    await writeFile(join(folder.path, 'tsconfig.docs.json'), JSON.stringify(settings));
    const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, '--noEmit', '-p', 'tsconfig.docs.json'], {
      cwd: folder.path,
    }).catch((error: { stdout: string }) => error);
    expect(stdout).toBe('');
  });
});

/** In order; who typed the documented files in has found them already. */
function namesWith(added: string, there: readonly { readonly name: string }[]): string[] {
  return [...new Set([added, ...there.map(({ name }) => name)])].toSorted();
}
