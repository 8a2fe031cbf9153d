import type { TurnLatency } from '../../domain/call.ts';

/** When a caller's turn was over, by the call's clock, in ms. */
export interface TurnTiming {
  /**
   * The last of their voice, in the time in which the call is recorded; the last of their words where no voice was heard.
   * Where a network held their audio up it may lie after the decision.
   */
  readonly silentMs: number;
  /** It was taken for the end of their turn. */
  readonly decidedMs: number;
  /** Its words were there. */
  readonly textMs: number;
}

/** Milestones of an answer, on the monotonic clock. */
export interface AnswerTiming {
  readonly firstTokenMs: number;
  readonly firstByteMs: number;
  /** The first sound of the answer plays. */
  readonly firstAudioMs: number;
  /** The first sound of any kind: a sentence that asks them to wait, where there was one. */
  readonly heardFirstMs: number;
}

/** The stretches from one milestone to the next, in whole milliseconds that sum to the total. */
export function latencyOf(turn: TurnTiming, answer: AnswerTiming): Required<TurnLatency> {
  const milestones = [turn.decidedMs, turn.textMs, answer.firstTokenMs, answer.firstByteMs, answer.firstAudioMs];
  let reachedMs = 0;
  const [endpointingMs = 0, sttMs = 0, llmFirstTokenMs = 0, ttsFirstByteMs = 0, firstAudioMs = 0] = milestones.map(
    (milestone) => {
      // A milestone never lies before the one before it; rounding them, not the stretches, keeps the sum.
      const nextMs = Math.max(reachedMs, Math.round(milestone - turn.silentMs));
      const stretchMs = nextMs - reachedMs;
      reachedMs = nextMs;
      return stretchMs;
    },
  );
  const totalMs = reachedMs;
  const heardGapMs = Math.min(totalMs, Math.max(0, Math.round(answer.heardFirstMs - turn.silentMs)));
  return { endpointingMs, sttMs, llmFirstTokenMs, ttsFirstByteMs, firstAudioMs, totalMs, heardGapMs };
}
