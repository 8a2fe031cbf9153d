import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { inject } from 'vitest';
import { dropDatabase, withDatabase } from './postgres-setup.ts';

/** Two clones at the same moment may meet on the template; Postgres then refuses one of them. */
const MAX_CLONE_TRIES = 20;

/**
 * A database of one's own, cloned from the migrated template in some 50 ms; dropped, with whoever is still connected,
 * when disposed. `empty: true` gives one without our schema.
 */
export async function createTestDatabase(
  options: { empty?: boolean } = {},
): Promise<{ url: string } & AsyncDisposable> {
  const { url, template } = inject('testPostgres');
  const name = `ringback_test_${randomUUID().replaceAll('-', '')}`;
  const admin = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    for (let tries = 1; ; tries += 1) {
      try {
        await admin`create database ${admin(name)} template ${admin(options.empty === true ? 'template0' : template)}`;
        break;
      } catch (error) {
        const inUse = error instanceof postgres.PostgresError && error.code === '55006';
        if (!inUse || tries === MAX_CLONE_TRIES) throw error;
        await admin`select pg_sleep(0.05)`;
      }
    }
  } finally {
    await admin.end();
  }
  return { url: withDatabase(url, name), [Symbol.asyncDispose]: () => dropDatabase(url, name) };
}
