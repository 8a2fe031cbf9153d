import { setTimeout as sleep } from 'node:timers/promises';
import { defineBench, type Row } from './bench.ts';
import { openBenchServer } from './database.ts';
import { round } from './figures.ts';
import type { Held } from '../../test/support/held.ts';
import { openMediaRig } from './media-run.ts';
import { progress } from './progress.ts';

const CALLS_PER_SIZE = 60;
const EACH_MS = 60_000;
const TURN_MS = 6_000;
const SAMPLE_MS = 15_000;
const SLACK_MS = 120_000;

interface Talked {
  readonly turns: number;
  readonly answered: number;
  readonly frameP99: number;
  readonly turnP50: number;
  readonly turnP99: number;
}

export default defineBench({
  title:
    'A soak: calls of one minute each, one after the other, a turn in each every six seconds; memory after collection',
  async run(options) {
    const forMs = options.minutes * 60_000;
    const calls = CALLS_PER_SIZE * options.size;
    await using server = await openBenchServer();
    await using rig = await openMediaRig(server, 'ringback');
    const { address, publicUrl } = rig;
    const plan = { count: Infinity, atOnce: calls, eachMs: EACH_MS, forMs: EACH_MS + forMs, address, publicUrl };
    const ringing = rig.load.ask<{ rung: number; taken: number }>(
      'callAfterCall',
      // JSON knows no infinity.
      { ...plan, count: Number.MAX_SAFE_INTEGER },
      plan.forMs + SLACK_MS,
    );
    progress(`${calls} calls begin within a minute`);
    // By then the first have ended, and every place is taken.
    await sleep(EACH_MS);
    const talking = rig.load.ask<Talked>('talk', { forMs, turnMs: TURN_MS }, forMs + SLACK_MS);
    const samples: (Held & { readonly atMinutes: number })[] = [];
    const startedMs = performance.now();
    while (performance.now() - startedMs < forMs) {
      const held = await rig.gateway.ask<Held>('held');
      const atMinutes = (performance.now() - startedMs) / 60_000;
      samples.push({ ...held, atMinutes });
      progress(`minute ${round(atMinutes, 1)} of ${options.minutes}: ${round(held.heapMb, 1)} MB of heap`);
      await sleep(SAMPLE_MS);
    }
    const talked = await talking;
    const { rung, taken } = await ringing;
    const rows = (['heapMb', 'buffersMb', 'rssMb', 'descriptors'] as const).map((name): Row => {
      const values = samples.map((sample) => ({ at: sample.atMinutes, value: sample[name] }));
      return {
        of: name,
        first: round(values[0]?.value ?? Number.NaN, 1),
        last: round(values.at(-1)?.value ?? Number.NaN, 1),
        most: round(Math.max(...values.map(({ value }) => value)), 1),
        'per minute': round(slopeOf(values), 3),
      };
    });
    return [
      { of: `calls at once, for ${options.minutes} min`, first: calls, last: calls, most: '', 'per minute': '' },
      { of: 'calls taken of those that rang', first: rung, last: taken, most: '', 'per minute': '' },
      { of: 'turns, and those answered', first: talked.turns, last: talked.answered, most: '', 'per minute': '' },
      {
        of: 'turn added p50, p99 ms',
        first: round(talked.turnP50),
        last: round(talked.turnP99),
        most: '',
        'per minute': '',
      },
      { of: 'frame to STT p99 ms', first: round(talked.frameP99), last: '', most: '', 'per minute': '' },
      ...rows,
    ];
  },
});

/** The slope of the straight line that lies closest. */
function slopeOf(points: readonly { readonly at: number; readonly value: number }[]): number {
  const mean = (pick: (point: { at: number; value: number }) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [at, value] = [mean((point) => point.at), mean((point) => point.value)];
  const spread = points.reduce((sum, point) => sum + (point.at - at) ** 2, 0);
  return points.reduce((sum, point) => sum + (point.at - at) * (point.value - value), 0) / spread;
}
