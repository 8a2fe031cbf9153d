/** What `npm run bench` was told. */
export interface BenchOptions {
  /** Runs of each side; the median of each figure is printed. */
  readonly runs: number;
  /** Multiplies how much is done: 1 fits into a minute or two per bench, the goals were set at 10. */
  readonly size: number;
  /** How long the soak lasts. */
  readonly minutes: number;
}

/** One row of a table: figures with their unit in the name, and who they are of. */
export type Row = Readonly<Record<string, string | number>>;

/** One measurement with its floor. The default export of each `*.bench.ts`. */
export interface Bench {
  readonly title: string;
  run(options: BenchOptions): Promise<readonly Row[]>;
}

export function defineBench(bench: Bench): Bench {
  return bench;
}
