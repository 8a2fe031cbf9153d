import type { Timer } from '../../../clock.ts';
import type { TurnTiming } from '../latency.ts';
import type { TurnPhrases } from '../phrases.ts';
import type { EndOfTurn, EndOfTurnOptions } from './end-of-turn.ts';
import { patienceMs } from './unfinished.ts';

/** They speak on: their words, and the end of their turn, are awaited for this long. */
const WORDS_WITHIN_MS = 6_000;
/** A voice without words does not keep a turn open for longer. */
const LONGEST_WORDLESS_MS = 3_000;
/** So much is dictated in one turn, and for so long. */
const MOST_CHARACTERS = 2_000;
const LONGEST_MS = 60_000;

/** Around another strategy: a turn that sounds unfinished waits for more, and what follows becomes part of it. */
export function openPatient(
  open: (options: EndOfTurnOptions) => EndOfTurn,
  options: EndOfTurnOptions,
  phrases: TurnPhrases,
): EndOfTurn {
  const { clock, onTurn } = options;
  let held = '';
  let heldSinceMs = 0;
  let last: TurnTiming | null = null;
  let timer: Timer | null = null;

  function wait(ms: number): void {
    timer?.cancel();
    const leftMs = heldSinceMs + LONGEST_MS - clock.nowMs();
    timer = clock.setTimer(Math.max(0, Math.min(ms, leftMs)), give);
  }

  function reset(): void {
    held = '';
    last = null;
    timer?.cancel();
    timer = null;
  }

  function give(): void {
    const text = held;
    const nowMs = clock.nowMs();
    const silentMs = Math.min(last?.silentMs ?? nowMs, nowMs);
    reset();
    if (text !== '') onTurn(text, { silentMs, decidedMs: nowMs, textMs: nowMs });
  }

  const withHeld = (text: string): string => (held === '' ? text : `${held} ${text}`);
  const patienceFor = (text: string): number => (text.length < MOST_CHARACTERS ? patienceMs(text, phrases) : 0);

  const inner = open({
    ...options,
    // What will be waited for is not over yet.
    onSeemsOver(text) {
      if (patienceFor(withHeld(text)) === 0) options.onSeemsOver(withHeld(text));
    },
    onTurn(text, timing) {
      if (held === '') heldSinceMs = clock.nowMs();
      held = withHeld(text);
      last = timing;
      const ms = patienceFor(held);
      if (ms === 0) give();
      else wait(ms);
    },
  });

  return {
    voice(change) {
      inner.voice(change);
      if (held !== '') wait(change === 'started' ? LONGEST_WORDLESS_MS : patienceMs(held, phrases));
    },
    speechStarted: () => inner.speechStarted(),
    interim(text) {
      inner.interim(text);
      if (held !== '' && text.trim() !== '') wait(WORDS_WITHIN_MS);
    },
    final(text) {
      inner.final(text);
      if (held !== '' && text.trim() !== '') wait(WORDS_WITHIN_MS);
    },
    endOfTurn: (text, eager) => inner.endOfTurn(text, eager),
    resumed: () => inner.resumed(),
    isLate: (text) => inner.isLate(text),
    get pending() {
      return `${held} ${inner.pending}`.trim();
    },
    [Symbol.dispose]() {
      inner[Symbol.dispose]();
      reset();
    },
  };
}
