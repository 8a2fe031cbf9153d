import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../db/embedded-postgres.ts';
import { migrateDatabase, migrationsFolder } from '../../db/migrate.ts';
import { defaultDatabaseTimes } from '../../db/times.ts';
import { systemClock } from '../../src/clock.ts';
import { openFolder } from './folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server of this run: its administrator's URL and the migrated database to clone. */
    testPostgres: { readonly url: string; readonly template: string };
  }
}

/** Each project that names this file loads it anew; the server is one for all of them. */
const shared: { server?: Promise<SharedServer>; users: number } = ((globalThis as Record<symbol, unknown>)[
  Symbol.for('ringback.testPostgres')
] ??= { users: 0 }) as never;

interface SharedServer {
  readonly url: string;
  readonly template: string;
  close(): Promise<void>;
}

/** vitest's globalSetup: one Postgres for the whole run (`TEST_DATABASE_URL`, else the embedded one) with a migrated template. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.users += 1;
  const server = await (shared.server ??= openServer());
  project.provide('testPostgres', { url: server.url, template: server.template });
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    delete shared.server;
    await server.close();
  };
}

async function openServer(): Promise<SharedServer> {
  await using opened = new AsyncDisposableStack();
  const url = process.env['TEST_DATABASE_URL'] ?? (await openEmbedded(opened));
  const template = `ringback_template_${randomUUID().replaceAll('-', '')}`;
  const admin = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    await admin`create database ${admin(template)}`;
    opened.defer(() => dropDatabase(url, template));
    if (existsSync(join(migrationsFolder, 'meta', '_journal.json'))) {
      await migrateDatabase({
        url: withDatabase(url, template),
        clock: systemClock,
        times: defaultDatabaseTimes,
        signal: AbortSignal.timeout(60_000),
      });
    }
  } finally {
    await admin.end();
  }
  const owned = opened.move();
  return { url, template, close: () => owned.disposeAsync() };
}

async function openEmbedded(opened: AsyncDisposableStack): Promise<string> {
  const { path: dataDir } = opened.use(await openFolder());
  const server = await startEmbeddedPostgres({
    dataDir,
    log: () => undefined,
    // A crash may lose it all, and no test asks for it back.
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      max_connections: '200',
    },
    initFlags: ['--no-sync'],
  });
  opened.use(server);
  return server.url;
}

/** The URL of another database on the same server. */
export function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  const admin = postgres(adminUrl, { max: 1, onnotice: () => undefined });
  try {
    await admin`drop database if exists ${admin(name)} with (force)`;
  } finally {
    await admin.end();
  }
}
