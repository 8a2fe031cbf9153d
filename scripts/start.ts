import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { systemClock } from '../src/clock.ts';
import { buildConsoleIfStale } from './build-console.ts';
import { stopWithNpm } from './stop-with-npm.ts';

/* npm start: builds the console when it is stale, then runs the gateway until a signal. */

enableCompileCache();
using _npm = process.env['npm_lifecycle_event'] === undefined ? null : stopWithNpm(systemClock);
if (existsSync('.env')) process.loadEnvFile('.env');
const { main } = await import('../src/main.ts');
// Of several processes the first one has built it.
if (cluster.isPrimary) await buildConsoleIfStale();
process.exitCode = await main(process.env);
