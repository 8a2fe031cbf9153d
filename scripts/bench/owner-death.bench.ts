import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from './bench.ts';
import { defineBench } from './bench.ts';
import { startBenchChild } from './child.ts';
import { openBenchServer, type BenchServer } from './database.ts';
import { requestsOf } from './dialling.ts';
import { spreadTimes } from './loads.ts';
import { compare } from './measure.ts';

/** What is due after the first replica fell, over so long. */
const OVER_MS = 6_000;
/** It falls so long before the first of them is due. */
const BEFORE_MS = 200;

export default defineBench({
  title: 'One of two replicas falls with everything near in its memory: how late the other one dials',
  async run(options) {
    await using server = await openBenchServer();
    const count = 60 * options.size;
    return await compare(
      [
        { name: 'nobody falls', run: () => measure(server, count, null) },
        { name: 'killed with SIGKILL', run: () => measure(server, count, 'SIGKILL') },
        { name: 'frozen with SIGSTOP', run: () => measure(server, count, 'SIGSTOP') },
      ],
      options,
    );
  },
});

async function measure(server: BenchServer, count: number, signal: NodeJS.Signals | null): Promise<Row> {
  await using database = await server.fresh();
  await using carrier = await startBenchChild('carrier.ts', {}, 'others');
  const settings = { url: database.url, carrierUrl: await carrier.ask<string>('url') };
  // Set before the replicas look: what is set behind their back, without a hint, only the scan of the overdue finds.
  const times = spreadTimes(await database.nowMs(), count, OVER_MS);
  const due = await database.insertCallbacks(times);
  await using falling = await startBenchChild('replica.ts', settings, 'measured');
  await using staying = await startBenchChild('replica.ts', settings, 'measured');
  await sleep(Math.max(0, (times[0] ?? 0) - (await database.nowMs()) - BEFORE_MS));
  if (signal !== null) process.kill(falling.pid, signal);
  const row = await requestsOf(carrier, due);
  // A frozen process can't end by itself.
  if (signal === 'SIGSTOP') process.kill(falling.pid, 'SIGKILL');
  return { ...row, 'memory MB': Math.round(await staying.ask<number>('memoryMb')) };
}
