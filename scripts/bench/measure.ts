import type { BenchOptions, Row } from './bench.ts';
import { watchCpu } from './cpu.ts';
import { medianRow, round } from './figures.ts';
import { progress } from './progress.ts';

/** Above this share of foreign CPU a run is repeated, and marked where that does not help. */
const FOREIGN_MOST = 0.1;
const MOST_REPEATS = 2;

/** One side of a comparison: the product, or its floor. */
export interface Side {
  readonly name: string;
  /** One run, from an empty start; the figures of it. */
  run(): Promise<Row>;
}

/**
 * Runs the sides in turn, so that what changes on the machine meets all of them, and gives a row of each. `isGood`: a busy
 * run that shows this much is not repeated, as a quiet one would show no less.
 */
export async function compare(
  sides: readonly Side[],
  { runs }: BenchOptions,
  isGood: (row: Row) => boolean = () => false,
): Promise<Row[]> {
  const rows = new Map<string, Row[]>(sides.map((side) => [side.name, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const side of sides) {
      progress(`${side.name}, run ${run + 1} of ${runs}`);
      rows.get(side.name)?.push(await measure(side, isGood));
    }
  }
  return sides.map((side) => {
    const all = rows.get(side.name) ?? [];
    const busy = all.filter((row) => Number(row['foreign CPU %']) > FOREIGN_MOST * 100).length;
    return { side: side.name, runs: all.length, ...medianRow(all), 'busy runs': busy };
  });
}

async function measure(side: Side, isGood: (row: Row) => boolean): Promise<Row> {
  for (let repeats = 0; ; repeats += 1) {
    const watch = watchCpu();
    const figures = await side.run();
    const foreign = watch.foreign();
    if (foreign <= FOREIGN_MOST || repeats === MOST_REPEATS || isGood(figures))
      return { ...figures, 'foreign CPU %': round(foreign * 100, 0) };
    progress(`${side.name}: others used ${round(foreign * 100, 0)} % of the machine, once more`);
  }
}
