import { existsSync } from 'node:fs';
import { reachEmbeddedPostgres } from '../db/embedded-postgres.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { reasonOf } from '../db/reasons.ts';
import { defaultDatabaseTimes } from '../db/times.ts';
import { systemClock } from '../src/clock.ts';
import { readConfig } from '../src/config.ts';

/* npm run migrate: brings the schema up to this version and ends. Fails with one line when it cannot. */

const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new Error('interrupted')));
process.once('SIGTERM', () => stop.abort(new Error('terminated')));

if (existsSync('.env')) process.loadEnvFile('.env');
try {
  const config = readConfig(process.env, []);
  await using opened = new AsyncDisposableStack();
  const embedded = async (): Promise<string> =>
    opened.use(
      await reachEmbeddedPostgres({
        dataDir: config.dataDir,
        log: console.error,
        signal: stop.signal,
      }),
    ).url;
  const url = config.databaseDirectUrl ?? config.databaseUrl ?? (await embedded());
  const applied = await migrateDatabase({
    url,
    clock: systemClock,
    times: defaultDatabaseTimes,
    signal: stop.signal,
  });
  console.log(applied === 0 ? 'The database is up to date.' : `The database was migrated (${applied} applied).`);
} catch (error) {
  console.error(stop.signal.aborted ? 'Stopped.' : reasonOf(error));
  process.exitCode = 1;
}
