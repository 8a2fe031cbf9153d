import type { TurnWire } from '../../api/calls.ts';

type Latency = NonNullable<TurnWire['latency']>;

/** What a caller waited for, in its order: the member of the latency and what it is called. */
export const latencyParts = [
  ['endpointingMs', 'End of speech'],
  ['sttMs', 'Words'],
  ['llmFirstTokenMs', 'First token'],
  ['ttsFirstByteMs', 'Voice'],
  ['firstAudioMs', 'First sound'],
] as const satisfies readonly (readonly [keyof Latency, string])[];

/** One answer whose latency was measured. */
export interface Answer {
  /** The turn's place in the transcript. */
  readonly index: number;
  /** When it began, in seconds of the call. */
  readonly at: number;
  readonly latency: Latency;
}

/** The answers of a call that began at `fromMs`, in their order. */
export function answersOf(turns: readonly TurnWire[], fromMs: number): readonly Answer[] {
  return turns.flatMap(({ index, startedAt, latency }) =>
    latency === null ? [] : [{ index, at: Math.max(0, Date.parse(startedAt) - fromMs) / 1000, latency }],
  );
}

/** Up to which height each part reaches when they are stacked: a row for each part, a column for each answer. */
export function stacked(answers: readonly Answer[]): number[][] {
  const heights = answers.map(() => 0);
  return latencyParts.map(([part]) =>
    answers.map(({ latency }, column) => {
      const height = (heights[column] ?? 0) + Math.max(0, latency[part]);
      heights[column] = height;
      return height;
    }),
  );
}

/** "0.8 s". */
export function secondsWords(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
