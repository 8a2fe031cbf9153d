import type { Timer } from '../../../clock.ts';
import type { EndOfTurn, EndOfTurnOptions } from './end-of-turn.ts';
import { restOf } from './rest-of.ts';

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
/** The very same words so soon after a new voice are still the old ones: nobody says them again, and is understood, faster. */
const SAME_WORDS_MS = 700;

/** The STT decides, early and for certain. */
export function openEndpointing(options: EndOfTurnOptions): EndOfTurn {
  const { clock, hangoverMs, finalize, endTurn, onTurn, onSeemsOver, onGoesOn } = options;
  let finals: string[] = [];
  /** All words of the turn so far, as the STT last told them. */
  let interim = '';
  let silentMs: number | null = null;
  let isVoiced = false;
  let lastWordsMs = clock.nowMs();
  /** Without a new voice words are those of the turn before until then, and later where they are the same. */
  let lateUntilMs = -Infinity;
  let sameUntilMs = Infinity;
  /** What was decided on of a turn that the STT has not ended: it says it once more with whatever follows. */
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

  const isLate = (text: string): boolean => {
    const nowMs = clock.nowMs();
    return nowMs < lateUntilMs || (nowMs < sameUntilMs && given !== '' && text.trim() === given);
  };
  /** Where they said the same once more that is all of it. */
  const own = (text: string): string => restOf(text, given) || text;
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
    const text = words();
    lateUntilMs = clock.nowMs() + LATE_WORDS_MS;
    sameUntilMs = Infinity;
    given = `${given} ${text}`.trim();
    endTurn();
    decide(text);
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
        sameUntilMs = clock.nowMs() + SAME_WORDS_MS;
      }
      silentMs = isVoiced ? null : clock.nowMs() - hangoverMs;
      watchQuiet();
    },
    // What it says of them from here on is new, though its words may still be the old ones.
    speechStarted: () => void (lateUntilMs = -Infinity),
    interim(text) {
      const more = restOf(text.trim(), given);
      if (isLate(text) || (more === '' && given !== '')) return;
      if (more !== '') interim = more;
      hearWords();
    },
    final(text) {
      if (isLate(text)) return;
      if (text.trim() !== '') finals.push(own(text.trim()));
      hearWords();
    },
    endOfTurn(text, eager) {
      const late = isLate(text);
      const said = own(text.trim());
      if (!eager) given = '';
      if (late) return;
      if (eager && said !== '') onSeemsOver(said);
      else if (!eager) decide(said === '' ? finals.join(' ') : said);
    },
    resumed: onGoesOn,
    isLate,
    get pending() {
      return words();
    },
    [Symbol.dispose]: reset,
  };
}
