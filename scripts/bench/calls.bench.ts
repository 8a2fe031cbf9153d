import { defineBench, type Row } from './bench.ts';
import { openBenchServer } from './database.ts';
import { compare } from './measure.ts';
import { holdCalls, type Holder } from './media-run.ts';
import { progress } from './progress.ts';

/** Calls at once. Bigger sizes go further. */
const STEPS = [60, 120, 180, 200, 240, 300, 400];
const STEPS_AT_SIZE_1 = 3;
const HELD_MS = 20;

export default defineBench({
  title: `The most calls that a core holds: whole turns, frame to STT p99 below ${HELD_MS} ms, none refused, none lost`,
  async run(options) {
    await using server = await openBenchServer();
    const rows: Row[] = [];
    const going = new Set<Holder>(['floor', 'ringback']);
    const most = { floor: 0, ringback: 0 };
    for (const calls of STEPS.slice(0, options.size + STEPS_AT_SIZE_1 - 1)) {
      progress(`${calls} calls, a minute for each side`);
      const isHeld = (row: Row): boolean => Number(row['frame p99 ms']) < HELD_MS && row['open'] === calls;
      const sides = [...going].map((name) => ({ name, run: () => holdCalls(server, name, calls, 0) }));
      for (const row of await compare(sides, options, isHeld)) {
        rows.push({ ...row, held: isHeld(row) ? 'yes' : 'no' });
        const side = row['side'] === 'floor' ? 'floor' : 'ringback';
        if (isHeld(row)) most[side] = calls;
        else going.delete(side);
      }
      // One that does not hold a step is not asked for more.
      if (going.size === 0) break;
    }
    const share = `${Math.round((most.ringback / most.floor) * 100)} % of the floor`;
    return [...rows, { side: 'most held', runs: '', calls: `${most.floor} / ${most.ringback}`, held: share }];
  },
});
