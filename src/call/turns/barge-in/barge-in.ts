/** What a caller did, or did not do, while the agent had the floor. */
export type CallerSign =
  /** A voice, or a noise like one: no words yet. */
  | { readonly kind: 'voice' }
  /** The agent was paused for a voice, which goes on without a word. */
  | { readonly kind: 'long_voice' }
  /** The agent was paused for a voice, which has ended, and no words have come. */
  | { readonly kind: 'quiet' }
  /** Words, that may still change. */
  | { readonly kind: 'words'; readonly text: string }
  /** A whole turn. */
  | { readonly kind: 'turn'; readonly text: string; readonly by: 'voice' | 'keys' };

/** How far the agent has come with what it says. */
export interface SpokenSoFar {
  /** The words that were heard by now, and no word more. */
  readonly heard: string;
  /** The words that may have sounded by now, although nothing tells so yet: what an echo can hold. */
  readonly said: string;
  /** How much is left to be heard, in ms; Infinity while that is not known. */
  readonly leftMs: number;
  /** The sentence that is heard now, where it reads a booked time back. */
  readonly readBack: string | null;
}

export type BargeInDecision =
  /** The agent stops, and a turn is answered. */
  | 'interrupt'
  /** The agent is silent, and can go on. Only where there are words to be silent with; else it is `go_on`. */
  | 'pause'
  /** It changes nothing. An agent that was paused goes on, unless these were words that may become more. */
  | 'go_on'
  /** The agent speaks to its end, then answers the turn. */
  | 'answer_after'
  /** The turn is kept, and needs no answer. */
  | 'aside';

/** Decides what a caller's sign does to the agent's words. One strategy per file. */
export interface BargeIn {
  consider(sign: CallerSign, spoken: SpokenSoFar): BargeInDecision;
}
