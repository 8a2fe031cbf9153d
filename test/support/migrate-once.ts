import { migrateDatabase } from '../../db/migrate.ts';
import { defaultDatabaseTimes } from '../../db/times.ts';
import { systemClock } from '../../src/clock.ts';

/* A starter of its own: migrates the database of the first argument with the folder of the second, prints how many it applied. */

const [url = '', folder = ''] = process.argv.slice(2);
console.log(
  await migrateDatabase({
    url,
    folder,
    clock: systemClock,
    times: defaultDatabaseTimes,
    signal: AbortSignal.timeout(60_000),
  }),
);
