import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { openClient } from '../../../db/client.ts';
import { defaultDatabaseTimes } from '../../../db/times.ts';
import { systemClock } from '../../../src/clock.ts';

/**
 * A process whose transaction goes on after its connection was ended by the server: `node write-after-close.ts URL FAULT`.
 * Prints "alive" when it is still there a moment later. FAULT "ours" throws an error of our own in a timer.
 */
const [url = '', fault = ''] = process.argv.slice(2);
const closed = Promise.withResolvers<void>();
const client = openClient({
  url,
  clock: systemClock,
  times: defaultDatabaseTimes,
  serverLimits: false,
  prepare: true,
  onClose: () => closed.resolve(),
});
const other = postgres(url, { max: 1 });
async function goOnAfterTheEnd(): Promise<void> {
  await client.sql.begin(async (tx) => {
    const [row] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`;
    await other`select pg_terminate_backend(${row?.pid ?? 0})`;
    await closed.promise;
    await sleep(50);
    await tx`select 1`;
  });
}

const [end] = await Promise.allSettled([goOnAfterTheEnd()]);
console.log(end.status === 'rejected' ? 'failed' : 'committed');
await sleep(200);
if (fault === 'ours') setImmediate(() => (null as unknown as { write(): void }).write());
await sleep(200);
console.log('alive');
await other.end();
await client.close(0);
