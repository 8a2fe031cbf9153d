import { defineBench, type Row } from './bench.ts';
import { openBenchServer } from './database.ts';
import { compare } from './measure.ts';
import { goalRows, mediaGoals } from './media-goals.ts';
import { holdCalls, holdCallsWhileDue } from './media-run.ts';

/** At size 1; the goals were set at 120, which is size 2 and more. */
const CALLS = 60;
const FULL_CALLS = 120;
const ROUNDS = 2;
const DUE = 2_000;
/** How much worse the speech may get while that many are dialled, in milliseconds and as a ratio. */
const WORSE_MOST_MS = 10;

export default defineBench({
  title: 'Calls with whole turns, recorded and stored: every goal of the media path beside a bare turn server',
  async run(options) {
    await using server = await openBenchServer();
    const calls = options.size === 1 ? CALLS : FULL_CALLS;
    const [floor = {}, product = {}, spike = {}] = await compare(
      [
        { name: 'floor', run: () => holdCalls(server, 'floor', calls, ROUNDS) },
        { name: 'ringback', run: () => holdCalls(server, 'ringback', calls, ROUNDS) },
        { name: 'dialling', run: () => holdCallsWhileDue(server, calls, DUE) },
      ],
      options,
    );
    const kept = { goal: 'calls that stayed', floor: Number(floor['open']), ringback: Number(product['open']) };
    return [
      { ...kept, ratio: '', must: `= ${calls}`, good: `= ${calls}`, met: kept.ringback === calls ? 'good' : 'no' },
      ...goalRows(mediaGoals, floor, product),
      besideDialling('pacing jitter p99 ms', 'jitter p99 ms', product, spike),
      besideDialling('frame to STT p99 ms', 'speaking: frame p99 ms', product, spike),
      ...runRows({ floor, ringback: product, dialling: spike }),
    ];
  },
});

/** Here the product without anything to dial is the floor. */
function besideDialling(goal: string, figure: string, alone: Row, spike: Row): Row {
  const [low, high] = [Number(alone[figure]), Number(spike[figure])];
  return {
    goal: `${goal}, ${String(spike['dialled'])} dialled meanwhile`,
    floor: low,
    ringback: high,
    ratio: Number((high / low).toFixed(2)),
    must: `<= ${WORSE_MOST_MS} more`,
    good: '<= 1.1 x',
    met: high <= low * 1.1 ? 'good' : high - low <= WORSE_MOST_MS ? 'must' : 'no',
  };
}

/** How far the figures can be trusted. */
function runRows(sides: Readonly<Record<string, Row>>): Row[] {
  return Object.entries(sides).map(([side, row]) => ({
    goal: `(runs of ${side})`,
    floor: `foreign CPU ${String(row['foreign CPU %'])} %`,
    ringback: `busy runs ${String(row['busy runs'])} of ${String(row['runs'])}`,
    ratio: '',
    must: '',
    good: '',
    met: `load late p99 ${String(row['load late p99 ms'] ?? row['speaking: load late p99 ms'])} ms`,
  }));
}
