import type { EndOfTurn, EndOfTurnOptions } from './end-of-turn.ts';

/** The STT decides. Early guesses, and their being taken back, are left to a strategy that can use them. */
export function openEndpointing({ clock, hangoverMs, onTurn }: EndOfTurnOptions): EndOfTurn {
  let finals: string[] = [];
  let silentMs: number | null = null;
  let lastWordsMs = clock.nowMs();
  const hearWords = (): void => void (lastWordsMs = clock.nowMs());
  const reset = (): void => {
    finals = [];
    silentMs = null;
  };
  return {
    voice: (change) => void (silentMs = change === 'ended' ? clock.nowMs() - hangoverMs : null),
    interim: hearWords,
    final(text) {
      hearWords();
      if (text.trim() !== '') finals.push(text.trim());
    },
    endOfTurn(text, eager) {
      if (eager) return;
      const words = text.trim() === '' ? finals.join(' ') : text.trim();
      const nowMs = clock.nowMs();
      const timing = { silentMs: Math.min(silentMs ?? lastWordsMs, nowMs), decidedMs: nowMs, textMs: nowMs };
      reset();
      if (words !== '') onTurn(words, timing);
    },
    resumed: () => undefined,
    [Symbol.dispose]: reset,
  };
}
