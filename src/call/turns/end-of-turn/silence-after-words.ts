import type { Timer } from '../../../clock.ts';
import type { EndOfTurn, EndOfTurnOptions } from './end-of-turn.ts';

/** Silence after final words that ends a turn. Long enough for a breath in the middle of a sentence. */
const SILENCE_MS = 700;
/** A voice without new words (a television, a second person) does not keep a turn open for longer. */
const LONGEST_WORDLESS_MS = 3_000;

/** For an STT that only gives words: a turn is over when final words are followed by silence. */
export function openSilenceAfterWords({ clock, hangoverMs, finalize, onTurn }: EndOfTurnOptions): EndOfTurn {
  let finals: string[] = [];
  let isVoiced = false;
  let silentMs: number | null = null;
  let lastWordsMs = 0;
  let timer: Timer | null = null;

  function reset(): void {
    finals = [];
    timer?.cancel();
    timer = null;
  }

  function arm(): void {
    timer?.cancel();
    timer = finals.length === 0 ? null : clock.setTimer(isVoiced ? LONGEST_WORDLESS_MS : SILENCE_MS, decide);
  }

  function decide(): void {
    const text = finals.join(' ');
    const nowMs = clock.nowMs();
    reset();
    onTurn(text, { silentMs: Math.min(silentMs ?? lastWordsMs, nowMs), decidedMs: nowMs, textMs: nowMs });
  }

  return {
    voice(change) {
      isVoiced = change === 'started';
      silentMs = isVoiced ? null : clock.nowMs() - hangoverMs;
      if (!isVoiced) finalize();
      arm();
    },
    speechStarted: () => undefined,
    interim(text) {
      if (text.trim() === '') return;
      lastWordsMs = clock.nowMs();
      arm();
    },
    final(text) {
      if (text.trim() === '') return;
      lastWordsMs = clock.nowMs();
      finals.push(text.trim());
      arm();
    },
    endOfTurn: () => undefined,
    resumed: () => undefined,
    isLate: () => false,
    get pending() {
      return finals.join(' ');
    },
    [Symbol.dispose]: reset,
  };
}
