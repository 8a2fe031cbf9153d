import { existsSync } from 'node:fs';
import { discoverAdapters, envFragments } from '../src/adapters.ts';
import { openAuth } from '../src/auth/auth.ts';
import { systemClock } from '../src/clock.ts';
import { readConfig } from '../src/config.ts';
import { openDatabase } from '../db/database.ts';
import { findEmbeddedPostgres } from '../db/embedded-postgres.ts';
import { reasonOf } from '../db/reasons.ts';
import { RingbackError } from '../src/errors.ts';
import { openLog } from '../src/log.ts';

/* npm run link: prints a new sign-in link for the gateway that runs on this database. */

const DEADLINE_MS = 30_000;

if (existsSync('.env')) process.loadEnvFile('.env');
try {
  const config = readConfig(process.env, envFragments(await discoverAdapters()));
  const signal = AbortSignal.timeout(DEADLINE_MS);
  await using opened = new AsyncDisposableStack();
  // A database of its own would be gone with this command, and the link would lead nowhere.
  const url = config.databaseUrl ?? (await findEmbeddedPostgres(config.dataDir));
  if (url === undefined)
    throw new RingbackError('not_ready', ['no gateway runs here; start it with npm start, which prints a link too']);
  const database = opened.use(
    openDatabase({
      url,
      ...(config.databaseDirectUrl === null ? {} : { directUrl: config.databaseDirectUrl }),
      clock: systemClock,
      log: openLog('error', false),
    }),
  );
  await database.ready(signal);
  const code = await openAuth({ database, adminToken: config.adminToken, onLostHint: () => undefined }).newSignInCode();
  const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host;
  console.log(`${config.publicUrl ?? `http://${host}:${config.port}`}/sign-in?code=${code}`);
} catch (error) {
  console.error(reasonOf(error));
  process.exitCode = 1;
}
