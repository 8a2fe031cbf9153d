import type { Row } from './bench.ts';
import { round } from './figures.ts';

/** One goal of the media path: what it is of, and what the product's figure, or its ratio to the floor's, must keep to. */
export interface MediaGoal {
  readonly goal: string;
  readonly figure: string;
  readonly of: 'figure' | 'ratio';
  /** Whether it is met, and met well. */
  readonly must: readonly [least: number, most: number];
  readonly good: readonly [least: number, most: number];
}

const most = (value: number): readonly [number, number] => [-Infinity, value];

export const mediaGoals: readonly MediaGoal[] = [
  { goal: 'CPU % of a core per call', figure: 'CPU % per call', of: 'ratio', must: most(2), good: most(1.4) },
  { goal: 'frame to STT p50 ms', figure: 'frame p50 ms', of: 'figure', must: most(1), good: most(1) },
  { goal: 'frame to STT p99 ms', figure: 'frame p99 ms', of: 'figure', must: most(10), good: most(6) },
  { goal: 'turn added p50 ms', figure: 'turn p50 ms', of: 'figure', must: most(5), good: most(2.5) },
  { goal: 'turn added p99 ms', figure: 'turn p99 ms', of: 'figure', must: most(25), good: most(10) },
  {
    goal: 'real-time factor of the speech',
    figure: 'real-time factor',
    of: 'figure',
    must: [0.999, 1.001],
    good: [0.999, 1.001],
  },
  { goal: 'pacing jitter p99 ms', figure: 'jitter p99 ms', of: 'figure', must: most(8), good: most(5) },
  { goal: 'frames off by > 5 ms, %', figure: 'uneven %', of: 'figure', must: most(3), good: most(1) },
  { goal: 'voice to clear p50 ms', figure: 'voice to clear p50 ms', of: 'figure', must: most(15), good: most(0.6) },
  { goal: 'voice to clear p99 ms', figure: 'voice to clear p99 ms', of: 'figure', must: most(15), good: most(6) },
  { goal: 'words to clear p50 ms', figure: 'words to clear p50 ms', of: 'figure', must: most(15), good: most(0.6) },
  { goal: 'words to clear p99 ms', figure: 'words to clear p99 ms', of: 'figure', must: most(15), good: most(6) },
  { goal: 'MB of memory per call', figure: 'MB per call', of: 'figure', must: most(0.5), good: most(0.25) },
];

/** The goals, each with the figures of both sides of the same run. */
export function goalRows(goals: readonly MediaGoal[], floor: Row, product: Row): Row[] {
  return goals.map(({ goal, figure, of, must, good }) => {
    const [low, high] = [Number(floor[figure]), Number(product[figure])];
    const ratio = high / low;
    const value = of === 'ratio' ? ratio : high;
    const within = ([least, top]: readonly [number, number]): boolean => value >= least && value <= top;
    return {
      goal,
      floor: low,
      ringback: high,
      ratio: round(ratio),
      must: boundsOf(must, of),
      good: boundsOf(good, of),
      met: within(good) ? 'good' : within(must) ? 'must' : 'no',
    };
  });
}

function boundsOf([least, top]: readonly [number, number], of: MediaGoal['of']): string {
  const text = least === -Infinity ? `<= ${top}` : `${least} to ${top}`;
  return of === 'ratio' ? `${text} x` : text;
}
