import type { Timer } from '../../../clock.ts';
import type { EndOfTurn, EndOfTurnOptions } from './end-of-turn.ts';

/** Final words that the STT never called a turn are one after this long without another: its message was lost. */
const LOST_END_MS = 6_000;
/**
 * The same once their voice has ended by our own measure: the STT is asked for a final, then done without. A voice is said
 * to have ended some 300 ms after its end, so that a turn whose end was lost is answered within three seconds.
 */
const ASK_AFTER_MS = 1_200;
const DECIDE_AFTER_MS = 2_000;
/** What an STT that lags still says of a turn that was decided without it comes within this. */
const LATE_WORDS_MS = 8_000;

/** The STT decides, early and for certain. */
export function openEndpointing(options: EndOfTurnOptions): EndOfTurn {
  const { clock, hangoverMs, finalize, onTurn, onSeemsOver, onGoesOn } = options;
  let finals: string[] = [];
  /** All words of the turn so far, as the STT last told them. */
  let interim = '';
  let silentMs: number | null = null;
  let isVoiced = false;
  let lastWordsMs = clock.nowMs();
  /** Without a new voice words are those of the turn before until then, and later where they are the same. */
  let lateUntilMs = -Infinity;
  let given = '';
  let timer: Timer | null = null;
  let quietTimer: Timer | null = null;

  function reset(): void {
    finals = [];
    interim = '';
    silentMs = null;
    timer?.cancel();
    timer = null;
    quietTimer?.cancel();
    quietTimer = null;
  }

  const isLate = (text: string): boolean => clock.nowMs() < lateUntilMs || (given !== '' && text.trim() === given);
  const words = (): string => (finals.join(' ').length >= interim.length ? finals.join(' ') : interim);

  function hearWords(): void {
    lastWordsMs = clock.nowMs();
    timer?.cancel();
    timer = finals.length === 0 ? null : clock.setTimer(LOST_END_MS, decideWithout);
    watchQuiet();
  }

  /** Their voice has ended, and there are words: the STT's decision is awaited for a moment only. */
  function watchQuiet(): void {
    quietTimer?.cancel();
    quietTimer = null;
    if (isVoiced || silentMs === null || words() === '') return;
    const quietMs = clock.nowMs() - (silentMs + hangoverMs);
    quietTimer =
      quietMs < ASK_AFTER_MS
        ? clock.setTimer(ASK_AFTER_MS - quietMs, () => {
            finalize();
            watchQuiet();
          })
        : clock.setTimer(Math.max(1, DECIDE_AFTER_MS - quietMs), decideWithout);
  }

  function decideWithout(): void {
    lateUntilMs = clock.nowMs() + LATE_WORDS_MS;
    given = words();
    decide(given);
  }

  function decide(text: string): void {
    const nowMs = clock.nowMs();
    const timing = { silentMs: Math.min(silentMs ?? lastWordsMs, nowMs), decidedMs: nowMs, textMs: nowMs };
    reset();
    if (text !== '') onTurn(text, timing);
  }

  return {
    voice(change) {
      isVoiced = change === 'started';
      if (isVoiced) {
        lateUntilMs = -Infinity;
        given = '';
      }
      silentMs = isVoiced ? null : clock.nowMs() - hangoverMs;
      watchQuiet();
    },
    interim(text) {
      if (isLate(text)) return;
      if (text.trim() !== '') interim = text.trim();
      hearWords();
    },
    final(text) {
      if (isLate(text)) return;
      if (text.trim() !== '') finals.push(text.trim());
      hearWords();
    },
    endOfTurn(text, eager) {
      if (isLate(text)) return;
      if (eager && text.trim() !== '') onSeemsOver(text.trim());
      else if (!eager) decide(text.trim() === '' ? finals.join(' ') : text.trim());
    },
    resumed: onGoesOn,
    isLate,
    get pending() {
      return words();
    },
    [Symbol.dispose]: reset,
  };
}
