import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rooms } from '../../scripts/layers.ts';

/*
 * The import table is only worth what the linter does with it. Each line below is planted in a tree of its own, and the
 * linter, with the rules of this repository, must catch exactly the forbidden ones.
 */

const root = join(import.meta.dirname, '..', '..');

/** A file, what it imports, and whether the architecture forbids that. */
const forbidden = [
  ['media/pacer.ts', '../src/clock.ts'],
  ['media/pacer.ts', '../src/domain/retry.ts'],
  ['media/pacer.ts', '../db/pool.ts'],
  ['media/pacer.ts', 'node:fs'],
  ['db/client.ts', '../src/callbacks/book.ts'],
  ['db/client.ts', '../src/config.ts'],
  ['db/embedded/run.ts', '../../media/g711.ts'],
  ['src/domain/retry.ts', '../callbacks/book.ts'],
  ['src/domain/retry.ts', '../clock.ts'],
  ['src/domain/retry.ts', '../../db/schema.ts'],
  ['src/domain/retry.ts', 'node:net'],
  ['src/callbacks/book.ts', '../conversations/brief.ts'],
  ['src/callbacks/book.ts', '../carriers/carrier.ts'],
  ['src/callbacks/book.ts', '../http/deps.ts'],
  ['src/callbacks/book.ts', 'drizzle-orm'],
  ['src/set-up/agents.ts', '../http/deps.ts'],
  ['src/callbacks/book.ts', '../set-up/agents.ts'],
  ['src/conversations/brief.ts', '../callbacks/book.ts'],
  ['src/conversations/brief.ts', '../call/ports.ts'],
  ['src/conversations/brief.ts', '../call/call-session.ts'],
  ['src/conversations/brief.ts', '../llm/openai/index.ts'],
  ['src/events/bus.ts', '../callbacks/book.ts'],
  ['src/auth/auth.ts', '../http/session.ts'],
  ['src/recordings/write.ts', '../call/call-session.ts'],
  ['src/retention/retention.ts', '../callbacks/book.ts'],
  ['src/retention/retention.ts', 'drizzle-orm'],
  ['src/scheduler/dialer.ts', '../carriers/twilio/markup.ts'],
  ['src/scheduler/dialer.ts', '../conversations/brief.ts'],
  ['src/call/call-session.ts', '../stt/deepgram/index.ts'],
  ['src/call/call-session.ts', '../../db/call-store.ts'],
  ['src/call/call-session.ts', '../callbacks/book.ts'],
  ['src/call/turns/barge-in.ts', '../../conversations/brief.ts'],
  ['src/call/turns/barge-in.ts', '../../tools/end-call.ts'],
  ['src/carriers/twilio/media.ts', '../browser/codec.ts'],
  ['src/carriers/twilio/media.ts', '../../carriers/browser/codec.ts'],
  ['src/carriers/twilio/media.ts', '../../http/deps.ts'],
  ['src/carriers/twilio/media.ts', '../../../db/schema.ts'],
  ['src/carriers/twilio/media.ts', '../../domain/attempt-states.ts'],
  ['src/carriers/twilio/deep/media.ts', '../../browser/codec.ts'],
  ['src/stt/deepgram/index.ts', '../../tts/tts.ts'],
  ['src/stt/deepgram/index.ts', '../../config.ts'],
  ['src/llm/demo/index.ts', '../../tools/tool.ts'],
  ['src/llm/demo/index.ts', '../../call/ports.ts'],
  ['src/tts/demo/index.ts', '../acme/index.ts'],
  ['src/wire/deepgram.ts', '../stt/stt.ts'],
  ['src/call/call-session.ts', '../wire/deepgram.ts'],
  ['src/tools/end-call.ts', '../callbacks/book.ts'],
  ['src/tools/end-call.ts', './schedule-callback.ts'],
  ['src/switchboard/streams.ts', '../carriers/twilio/media.ts'],
  ['src/switchboard/streams.ts', '../call/call-session.ts'],
  ['src/switchboard/streams.ts', '../../db/call-store.ts'],
  ['src/processes/supervisor.ts', '../config.ts'],
  ['src/processes/member.ts', '../call/ports.ts'],
  ['src/api/calls.ts', '../callbacks/book.ts'],
  ['src/http/calls.ts', '../../db/call-store.ts'],
  ['src/http/calls.ts', '../carriers/browser/codec.ts'],
  ['src/http/calls.ts', '../config.ts'],
  ['src/console/calls/words.ts', '../../domain/call.ts'],
  ['src/console/calls/words.ts', '../../http/deps.ts'],
  ['src/console/calls/words.ts', '../../clock.ts'],
  ['src/console/softphone/audio/sound.ts', '../../../domain/call.ts'],
  ['src/cli/list.ts', '../callbacks/book.ts'],
  ['src/clock.ts', './config.ts'],
  ['src/errors.ts', './domain/call.ts'],
  ['src/config.ts', './carriers/twilio/env.ts'],
  ['src/adapters.ts', './carriers/twilio/index.ts'],
  ['src/app.ts', 'postgres'],
  ['src/ringback.ts', '../test/support/until.ts'],
  ['src/callbacks/book.ts', 'fastify'],
] as const;

const allowed = [
  ['media/pacer.ts', './g711.ts'],
  ['db/client.ts', '../src/domain/call.ts'],
  ['db/client.ts', 'postgres'],
  ['db/embedded/run.ts', '../deadline.ts'],
  ['src/callbacks/book.ts', '../../db/callback-store.ts'],
  ['src/callbacks/book.ts', '../errors.ts'],
  ['src/scheduler/dialer.ts', '../carriers/carrier.ts'],
  ['src/scheduler/dialer.ts', '../callbacks/claim.ts'],
  ['src/call/turns/barge-in.ts', '../call-session.ts'],
  ['src/call/turns/barge-in.ts', '../../stt/stt.ts'],
  ['src/carriers/twilio/media.ts', '../carrier.ts'],
  ['src/carriers/twilio/media.ts', './markup.ts'],
  ['src/carriers/browser/codec.ts', '../../api/softphone.ts'],
  ['src/tools/end-call.ts', './tool.ts'],
  ['src/http/calls.ts', '../api/calls.ts'],
  ['src/console/calls/words.ts', '../../api/calls.ts'],
  ['src/console/calls/words.ts', '../api/http.ts'],
  ['src/ringback.ts', './carriers/browser/index.ts'],
  ['src/app.ts', 'fastify'],
] as const;

/** What may be known by its types alone. */
const typesAlone = [
  ['src/conversations/call-store.ts', '../call/ports.ts'],
  ['src/conversations/preload.ts', '../llm/llm.ts'],
  ['src/recordings/write.ts', '../call/ports.ts'],
  ['src/carriers/twilio/media.ts', '../../domain/attempt.ts'],
  ['src/tts/demo/index.ts', '../../domain/call.ts'],
] as const;

let tree: string;
/** "file specifier" of every import that the linter refused. */
let caught: ReadonlySet<string>;

beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'ringback-layers-'));
  const lines = new Map<string, string[]>();
  const plant = (file: string, line: string): void => {
    lines.set(file, [...(lines.get(file) ?? []), line]);
  };
  for (const [file, specifier] of [...forbidden, ...allowed]) plant(file, `import '${specifier}';`);
  for (const [file, specifier] of typesAlone) {
    plant(file.replace('.ts', '-types.ts'), `export type { T } from '${specifier}';`);
    plant(file.replace('.ts', '-code.ts'), `export { t } from '${specifier}';`);
  }
  await writeFile(
    join(tree, 'oxlint.config.ts'),
    `import config from '${join(root, 'oxlint.config.ts')}';\nexport default { ...config, options: {} };\n`,
  );
  for (const [file, text] of lines) {
    await mkdir(join(tree, dirname(file)), { recursive: true });
    await writeFile(join(tree, file), `${text.join('\n')}\n`);
  }
  caught = await refusedImports(lines);
}, 60_000);

afterAll(() => rm(tree, { recursive: true, force: true }));

test.each(forbidden)('%s may not import %s', (file, specifier) => {
  expect(caught).toContain(`${file} ${specifier}`);
});

test.each(allowed)('%s may import %s', (file, specifier) => {
  expect(caught).not.toContain(`${file} ${specifier}`);
});

test.each(typesAlone)('%s may import the types of %s, and nothing else of it', (file, specifier) => {
  expect(caught).not.toContain(`${file.replace('.ts', '-types.ts')} ${specifier}`);
  expect(caught).toContain(`${file.replace('.ts', '-code.ts')} ${specifier}`);
});

test('every room of src/ has its row in the table, and a violation planted in it', async () => {
  const folders = (await readdir(join(root, 'src'), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => `src/${entry.name}`);
  const rows = rooms.map(({ path }) => path);
  expect(folders.filter((folder) => !rows.includes(folder))).toEqual([]);
  const planted = (row: string): boolean => forbidden.some(([file]) => file === row || file.startsWith(`${row}/`));
  expect(folders.filter((folder) => !planted(folder))).toEqual([]);
});

/** Runs the linter over the planted tree. */
async function refusedImports(lines: ReadonlyMap<string, readonly string[]>): Promise<ReadonlySet<string>> {
  const linter = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const output = await new Promise<string>((resolve, reject) => {
    execFile(
      process.execPath,
      [
        linter,
        '--format=json',
        '-A',
        'all',
        '-D',
        'no-restricted-imports',
        ...new Set([...lines.keys()].map((file) => file.split('/')[0] ?? file)),
      ],
      { cwd: tree, timeout: 30_000, maxBuffer: 64 * 1024 * 1024 },
      // It ends with 1 because it found something.
      (error, stdout, stderr) =>
        stdout === '' ? reject(new Error(`the linter said: ${stderr}`, { cause: error })) : resolve(stdout),
    );
  });
  const { diagnostics } = JSON.parse(output) as {
    diagnostics: { code: string; filename: string; labels: { span: { line: number } }[] }[];
  };
  return new Set(
    diagnostics
      .filter(({ code }) => code.includes('no-restricted-imports'))
      .map(({ filename, labels }) => {
        const line = lines.get(filename)?.[(labels[0]?.span.line ?? 0) - 1] ?? '';
        return `${filename} ${/'([^']+)'/.exec(line)?.[1] ?? '?'}`;
      }),
  );
}
