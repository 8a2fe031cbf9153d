import type { MonotonicClock } from '../../../clock.ts';
import type { SttCapabilities } from '../../../stt/stt.ts';
import type { TurnTiming } from '../latency.ts';
import type { TurnPhrases } from '../phrases.ts';
import { openEndpointing } from './endpointing.ts';
import { openPatient } from './patient.ts';
import { openSilenceAfterWords } from './silence-after-words.ts';

/** Decides when a caller's spoken turn is over. Hears everything that is known of them; the session closes it. */
export interface EndOfTurn extends Disposable {
  voice(change: 'started' | 'ended'): void;
  /** The STT hears somebody begin, who may speak too quietly for `voice`. */
  speechStarted(): void;
  interim(text: string): void;
  final(text: string): void;
  /** The STT's own decision, where it makes one. */
  endOfTurn(text: string, eager: boolean): void;
  resumed(): void;
  /** What was said and is no turn yet; empty for nothing. A call, or its stream, that ends now must not lose it. */
  readonly pending: string;
  /** Whether these words belong to a turn that has been given already, without waiting for them. */
  isLate(text: string): boolean;
}

export interface EndOfTurnOptions {
  readonly clock: MonotonicClock;
  /** How long a voice has been silent by the time that it is said to have ended. */
  readonly hangoverMs: number;
  /** Asks the STT for a final of what was said so far. */
  readonly finalize: () => void;
  /** Tells an STT that ends turns itself that this one is over, decided without it. */
  readonly endTurn: () => void;
  /** `text` is never empty. */
  readonly onTurn: (text: string, timing: TurnTiming) => void;
  /** They seem to have finished, with these words in all; it is not certain. Followed by one of the other two. */
  readonly onSeemsOver: (text: string) => void;
  /** They have not. */
  readonly onGoesOn: () => void;
}

/** The strategy for an STT that can do this much, with patience for whoever dictates in this language. */
export function endOfTurnFor(
  capabilities: SttCapabilities,
  options: EndOfTurnOptions,
  phrases: TurnPhrases,
): EndOfTurn {
  return openPatient(capabilities.endOfTurn === 'none' ? openSilenceAfterWords : openEndpointing, options, phrases);
}
