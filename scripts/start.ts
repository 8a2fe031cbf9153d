import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { buildConsoleIfStale } from './build-console.ts';

/* npm start: builds the console when it is stale, then runs the gateway until a signal. */

enableCompileCache();
if (existsSync('.env')) process.loadEnvFile('.env');
const { main } = await import('../src/main.ts');
await buildConsoleIfStale();
process.exitCode = await main(process.env);
