import type { TurnWire } from '../../api/calls.ts';
import { toolWords } from './words.ts';

/** A turn's place on the waveform. */
export interface WaveMark {
  readonly index: number;
  /** Seconds from the start of the recording. */
  readonly at: number;
  /** In whose lane it stands; a tool stands in the agent's. */
  readonly lane: 'caller' | 'agent';
  readonly kind: 'turn' | 'interruption' | 'tool';
  readonly title: string;
}

const LONGEST_TITLE = 80;

/** Where each turn begins, and beside it where the caller interrupted and what the agent did. */
export function marksOf(turns: readonly TurnWire[], fromMs: number): WaveMark[] {
  return turns.flatMap((turn): WaveMark[] => {
    const at = Math.max(0, (Date.parse(turn.startedAt) - fromMs) / 1000);
    const { index } = turn;
    if (turn.role === 'tool') return [{ index, at, lane: 'agent', kind: 'tool', title: toolWords(turn.toolName) }];
    const begun: WaveMark = { index, at, lane: turn.role, kind: 'turn', title: turn.text.slice(0, LONGEST_TITLE) };
    if (!turn.interrupted || turn.endedAt === null) return [begun];
    const cutAt = Math.max(0, (Date.parse(turn.endedAt) - fromMs) / 1000);
    return [begun, { index, at: cutAt, lane: 'agent', kind: 'interruption', title: 'The caller interrupted' }];
  });
}
