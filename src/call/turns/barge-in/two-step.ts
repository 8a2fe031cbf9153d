import { isRepeat } from '../echo.ts';
import type { TurnPhrases } from '../phrases.ts';
import { isCorrection } from '../read-back.ts';
import { wordsOf } from '../words.ts';
import type { BargeIn, BargeInDecision, CallerSign, SpokenSoFar } from './barge-in.ts';

export interface TwoStepOptions {
  readonly phrases: TurnPhrases;
  /** Whether the caller's words are understood, or only their voice heard. */
  readonly hasWords: boolean;
}

/** After so many voices in a row that were nothing, a voice alone is an echo, or a noisy place, and pauses no more. */
const MOST_FALSE_ALARMS = 3;
/** With no more left to say than this, the agent says it before it answers a "yes". */
const LAST_WORDS_MS = 1_000;

/**
 * First a voice pauses the agent; then words that want something interrupt it, and anything else (a cough, a backchannel)
 * lets it go on. A sentence that reads a booked time back is not even paused: it stops for a "no" and for another time.
 */
export function openTwoStepBargeIn({ phrases, hasWords }: TwoStepOptions): BargeIn {
  const { backchannels, stops } = phrases;
  let falseAlarms = 0;

  function isHeeded(words: readonly string[], { readBack }: SpokenSoFar): boolean {
    if (stops.isIn(words)) return true;
    return readBack === null ? !backchannels.fill(words) : isCorrection(words, readBack, phrases);
  }

  function afterTurn(words: readonly string[], spoken: SpokenSoFar): BargeInDecision {
    if (words.length === 0) return 'aside';
    if (!backchannels.fill(words)) return 'answer_after';
    if (spoken.leftMs <= LAST_WORDS_MS) return 'answer_after';
    // To a question a "yes" is the answer.
    return spoken.heard.endsWith('?') ? 'interrupt' : 'aside';
  }

  function decide(sign: CallerSign, spoken: SpokenSoFar): BargeInDecision {
    if (sign.kind === 'voice') return spoken.readBack === null && falseAlarms < MOST_FALSE_ALARMS ? 'pause' : 'go_on';
    if (sign.kind === 'quiet') return 'go_on';
    // A voice without words is a noise; without an STT it is somebody who wants the floor.
    if (sign.kind === 'long_voice') return hasWords ? 'go_on' : 'interrupt';
    if (sign.kind === 'turn' && sign.by === 'keys') return 'interrupt';
    const words = wordsOf(sign.text);
    const mayBeEcho = sign.kind === 'words' && !stops.fill(words) && isRepeat(words, spoken.said);
    if (words.length > 0 && !mayBeEcho && isHeeded(words, spoken)) return 'interrupt';
    return sign.kind === 'words' ? 'go_on' : afterTurn(words, spoken);
  }

  return {
    consider(sign, spoken) {
      const decision = decide(sign, spoken);
      const isAlarm = sign.kind === 'quiet' || sign.kind === 'long_voice';
      if (decision === 'interrupt') falseAlarms = 0;
      else if (isAlarm && hasWords) falseAlarms += 1;
      return decision;
    },
  };
}
