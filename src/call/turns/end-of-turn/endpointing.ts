import type { Timer } from '../../../clock.ts';
import type { EndOfTurn, EndOfTurnOptions } from './end-of-turn.ts';

/** Final words that the STT never called a turn are one after this long without another: its message was lost. */
const LOST_END_MS = 6_000;

/** The STT decides. Early guesses, and their being taken back, are left to a strategy that can use them. */
export function openEndpointing({ clock, hangoverMs, onTurn }: EndOfTurnOptions): EndOfTurn {
  let finals: string[] = [];
  let silentMs: number | null = null;
  let lastWordsMs = clock.nowMs();
  let timer: Timer | null = null;

  function reset(): void {
    finals = [];
    silentMs = null;
    timer?.cancel();
    timer = null;
  }

  function hearWords(): void {
    lastWordsMs = clock.nowMs();
    timer?.cancel();
    timer = finals.length === 0 ? null : clock.setTimer(LOST_END_MS, () => decide(''));
  }

  function decide(text: string): void {
    const words = text.trim() === '' ? finals.join(' ') : text.trim();
    const nowMs = clock.nowMs();
    const timing = { silentMs: Math.min(silentMs ?? lastWordsMs, nowMs), decidedMs: nowMs, textMs: nowMs };
    reset();
    if (words !== '') onTurn(words, timing);
  }

  return {
    voice: (change) => void (silentMs = change === 'ended' ? clock.nowMs() - hangoverMs : null),
    interim: hearWords,
    final(text) {
      if (text.trim() !== '') finals.push(text.trim());
      hearWords();
    },
    endOfTurn: (text, eager) => (eager ? undefined : decide(text)),
    resumed: () => undefined,
    [Symbol.dispose]: reset,
  };
}
