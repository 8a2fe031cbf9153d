import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { coreEnv } from '../../../src/config.ts';

/*
 * What must hold of the image and the compose file, as far as it can be read from them: no container engine is at hand
 * where the tests run.
 */

const root = new URL('../../../', import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');

const seconds = z
  .string()
  .regex(/^\d+s$/)
  .transform((text) => Number(text.slice(0, -1)));
const service = z.looseObject({
  stop_grace_period: seconds.optional(),
  environment: z.record(z.string(), z.string()).default({}),
  env_file: z.string().optional(),
  volumes: z.array(z.string()).default([]),
});
const composeFile = z.object({ services: z.record(z.string(), service), networks: z.unknown() });

async function compose() {
  // The reader of YAML that a dependency of ours brings along.
  const require = createRequire(createRequire(import.meta.url).resolve('@fastify/swagger'));
  const yaml = require('yaml') as { parse(text: string, options: { merge: boolean }): unknown };
  return composeFile.parse(yaml.parse(await read('compose.yaml'), { merge: true }));
}

/** Instructions of the last stage, in order: each its word and the rest, continued lines joined. */
async function lastStage(): Promise<{ word: string; rest: string }[]> {
  const lines = (await read('Dockerfile')).replaceAll(/\\\n\s*/g, '').split('\n');
  const instructions = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ word: line.slice(0, line.indexOf(' ')), rest: line.slice(line.indexOf(' ') + 1) }));
  return instructions.slice(instructions.findLastIndex(({ word }) => word === 'FROM'));
}

test('the image runs Node 26 as nobody special, on every address, and hears SIGTERM itself', async () => {
  const stage = await lastStage();
  const of = (word: string): string[] => stage.filter((one) => one.word === word).map(({ rest }) => rest);
  expect(of('FROM')).toEqual(['node:26-slim']);
  expect(of('USER')).toEqual(['node']);
  expect(of('STOPSIGNAL')).toEqual(['SIGTERM']);
  expect(of('ENV')[0]).toContain('HOST=0.0.0.0');
  expect(of('CMD')).toEqual(['["node", "scripts/start.ts"]']);
  expect(of('HEALTHCHECK')[0]).toContain('/readyz');
  // After the account was left nothing is copied or run any more.
  const after = stage.slice(stage.findIndex(({ word }) => word === 'USER') + 1).map(({ word }) => word);
  expect(after).not.toContain('RUN');
  expect(after).not.toContain('COPY');
});

test('the image holds no development dependency, and the console as it was built before', async () => {
  const text = await read('Dockerfile');
  expect(text).toMatch(/AS dependencies\n(?:.*\n)*?RUN npm ci --ignore-scripts --omit=dev/);
  const copied = (await lastStage()).filter(({ word }) => word === 'COPY').map(({ rest }) => rest);
  expect(copied).toContain('--from=dependencies /app/node_modules ./node_modules');
  expect(copied).toContain('--from=console /app/dist/console ./dist/console');
});

test('what the image copies is what may enter the build, and a .env or a recording is not', async () => {
  const ignore = (await read('.dockerignore')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(ignore[0]).toBe('*');
  const allowed = ignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  const copied = (await lastStage())
    .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from'))
    .flatMap(({ rest }) => rest.split(' ').slice(0, -1));
  expect(copied.toSorted()).toEqual(allowed.toSorted());
  expect(ignore).toContain('**/.env*');
});

test('two replicas on one Postgres 17, each with its own memory and the recordings in common', async () => {
  const { services } = await compose();
  expect(services['postgres']?.['image']).toBe('postgres:17');
  const volumes = ['ringback-1', 'ringback-2'].map((name) => services[name]?.volumes);
  expect(volumes).toEqual([
    ['data-1:/data', 'recordings:/recordings'],
    ['data-2:/data', 'recordings:/recordings'],
  ]);
});

test('no replica is killed before its drain is over, and the database outlives them', async () => {
  const { services } = await compose();
  for (const name of ['ringback-1', 'ringback-2']) {
    const replica = services[name];
    const drain = Number(replica?.environment['DRAIN_TIMEOUT_SECONDS']);
    expect(replica?.stop_grace_period).toBeGreaterThanOrEqual(drain + 30);
    expect(services['postgres']?.stop_grace_period).toBeGreaterThan(replica?.stop_grace_period ?? Infinity);
    expect(services['proxy']?.stop_grace_period).toBeGreaterThanOrEqual(drain + 30);
  }
});

test('the replicas believe the proxy of this file and nobody else, and can write nowhere but where they must', async () => {
  const { services } = await compose();
  const address = z.object({ inside: z.object({ ipv4_address: z.string() }) }).parse(services['proxy']?.['networks']);
  for (const name of ['ringback-1', 'ringback-2']) {
    expect(services[name]).toMatchObject({ read_only: true, tmpfs: ['/tmp'], cap_drop: ['ALL'] });
    expect(services[name]?.environment['TRUST_PROXY']).toBe(address.inside.ipv4_address);
    // Reached through the proxy alone.
    expect(services[name]?.['ports']).toBeUndefined();
  }
});

test('every variable that the compose file sets is one that the product reads, and none of them is a secret', async () => {
  const { services } = await compose();
  const settings = services['ringback-1']?.environment ?? {};
  const known = coreEnv as Record<string, z.ZodType>;
  for (const name of Object.keys(settings)) {
    expect(Object.keys(known)).toContain(name);
    const meta = z.globalRegistry.get(known[name] ?? z.string()) as { secret?: boolean } | undefined;
    expect(meta?.secret ?? false).toBe(false);
  }
  expect(services['ringback-1']?.env_file).toBe('deploy/ringback.env');
  expect((await read('.gitignore')).split('\n')).toContain('deploy/*.env');
});

test('the proxy asks both replicas whether they are ready, passes events on at once, and hides the metrics', async () => {
  const caddyfile = await read('deploy/Caddyfile');
  expect(caddyfile).toContain('reverse_proxy ringback-1:8080 ringback-2:8080 {');
  expect(caddyfile).toContain('health_uri /readyz');
  expect(caddyfile).toContain('flush_interval -1');
  expect(caddyfile).toContain('respond /metrics 404');
  // Streams of calls outlive a new configuration as long as a drain may take.
  expect(caddyfile).toContain('stream_close_delay 11m');
});
