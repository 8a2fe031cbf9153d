import { setTimeout as sleep } from 'node:timers/promises';
import { defineBench, type Row } from './bench.ts';
import { openBenchServer } from './database.ts';
import { round } from './figures.ts';
import type { Held } from '../../test/support/held.ts';
import { openMediaRig, type MediaRig } from './media-run.ts';
import { progress } from './progress.ts';

/** The size is the number of calls: 10,000 is what the goal was set at. */
const LEAST_CALLS = 200;
/** These fill what is filled once: pools, caches, compiled code. */
const FIRST_CALLS = 500;
const AT_ONCE = 20;
const EACH_MS = 500;
const WITHIN_MS = 3_600_000;
/** What is kept for a while is gone by then: tokens, hand-overs, idle connections. */
const SETTLE_MS = 70_000;
const HEAP_MOST_MB = 5;

export default defineBench({
  title: `Short calls, one after the other: what is left of them (heap after collection within ${HEAP_MOST_MB} MB, descriptors equal, no upstream socket)`,
  async run(options) {
    const calls = Math.max(LEAST_CALLS, options.size);
    await using server = await openBenchServer();
    await using rig = await openMediaRig(server, 'ringback');
    await ring(rig, Math.min(FIRST_CALLS, calls));
    progress('settling');
    await sleep(SETTLE_MS);
    const before = await rig.gateway.ask<Held>('held');
    const rung = await ring(rig, calls);
    progress('settling');
    await sleep(SETTLE_MS);
    const after = await rig.gateway.ask<Held>('held');
    const upstream = await rig.load.ask<number>('upstreamSockets');
    const row = (name: string, from: number, to: number, goal: string, isMet: boolean): Row => ({
      of: name,
      before: round(from, 1),
      after: round(to, 1),
      goal,
      met: isMet ? 'yes' : 'no',
    });
    const grownMb = after.heapMb + after.buffersMb - before.heapMb - before.buffersMb;
    return [
      row('calls taken of those that rang', rung.rung, rung.taken, 'all', rung.rung === rung.taken),
      row(
        'heap and buffers MB',
        before.heapMb + before.buffersMb,
        after.heapMb + after.buffersMb,
        `+ ${HEAP_MOST_MB}`,
        grownMb <= HEAP_MOST_MB,
      ),
      row('memory MB', before.rssMb, after.rssMb, '', true),
      row('descriptors', before.descriptors, after.descriptors, 'no more', after.descriptors <= before.descriptors),
      row('sockets to vendors', 0, upstream, '0', upstream === 0),
      ...['TCPSocketWrap', 'Timeout'].map((name) => {
        const [from, to] = [before.resources[name] ?? 0, after.resources[name] ?? 0];
        return row(`Node's ${name}`, from, to, 'no more', to <= from);
      }),
    ];
  },
});

async function ring(rig: MediaRig, count: number): Promise<{ rung: number; taken: number }> {
  const { address, publicUrl } = rig;
  progress(`${count} calls, ${AT_ONCE} at once: some ${Math.ceil((count * EACH_MS) / AT_ONCE / 1_000)} s`);
  const plan = { count, atOnce: AT_ONCE, eachMs: EACH_MS, forMs: WITHIN_MS, address, publicUrl };
  return await rig.load.ask('callAfterCall', plan, WITHIN_MS);
}
