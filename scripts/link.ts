import { existsSync } from 'node:fs';
import { discoverAdapters, envFragments } from '../src/adapters.ts';
import { openAuth } from '../src/auth/auth.ts';
import { systemClock } from '../src/clock.ts';
import { readConfig } from '../src/config.ts';
import { openDatabase } from '../db/database.ts';
import { findEmbeddedPostgres } from '../db/embedded-postgres.ts';
import { listReplicas } from '../db/health-store.ts';
import { reasonOf } from '../db/reasons.ts';
import { RingbackError } from '../src/errors.ts';
import { openLog } from '../src/log.ts';

/* npm run link: prints a new sign-in link for the gateway that runs on this database, and none where none runs. */

const DEADLINE_MS = 30_000;
const ANSWER_WITHIN_MS = 3_000;

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
  const replicas = await listReplicas(database);
  if (!replicas.some(({ leaseSeconds }) => leaseSeconds > 0))
    throw new RingbackError('not_ready', [
      'no gateway runs on this database; start it with npm start, which prints a link too',
    ]);
  const code = await openAuth({ database, adminToken: config.adminToken, onLostHint: () => undefined }).newSignInCode();
  const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host;
  const address = config.publicUrl ?? `http://${host}:${config.port}`;
  console.log(`${address}/sign-in?code=${code}`);
  if (!(await answers(address)))
    console.error(
      `Nothing answers at ${address} from here. If the gateway listens elsewhere, give this command its PORT, HOST or PUBLIC_URL.`,
    );
} catch (error) {
  console.error(reasonOf(error));
  process.exitCode = 1;
}

/** Whether a gateway is to be reached there. A proxy may lead to it for others alone, so that a no decides nothing. */
async function answers(address: string): Promise<boolean> {
  try {
    return (await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })).ok;
  } catch (error) {
    // Refused, no such host, too slow: all are a no.
    if (error instanceof Error) return false;
    throw error;
  }
}
