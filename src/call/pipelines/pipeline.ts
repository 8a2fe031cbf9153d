import type { SpeechSource } from '../speech.ts';
import type { SpokenSoFar } from '../turns/barge-in/barge-in.ts';
import type { TurnTiming } from '../turns/latency.ts';

/** How the agent's turns come about. One implementation per way of doing it; the session closes it. */
export interface Pipeline {
  /** Says these words as they are. */
  say(text: string, events: AgentTurnEvents): AgentTurn;
  /** Whether these words can be said even while the agent's voice fails. */
  canSay(text: string): boolean;
  /**
   * Says words whose audio is made elsewhere; ends `speechless` where none were given. Before a notice nothing else is
   * said, however late it is.
   */
  play(recital: Recital, events: AgentTurnEvents, what: 'notice' | 'opening'): AgentTurn;
  /** Answers what was said last; `instruction` is for this answer alone. */
  answer(request: { timing: TurnTiming | null; instruction?: string }, events: AgentTurnEvents): AgentTurn;
  /** They seem to have finished with these words: thinks ahead, unheard, in case that they are answered next. */
  thinkAhead(text: string): void;
  /** They go on: what was thought is void. */
  dropThought(): void;
}

export interface AgentTurnEvents {
  /** Its first audio was given to the carrier. */
  onSpeaking(): void;
}

/** One turn of the agent, from the thought to the ear. */
export interface AgentTurn {
  /** Resolves when it is over, and nothing of it comes after that. Never rejects. */
  readonly over: Promise<AgentTurnEnd>;
  /** How far it has come by now. */
  readonly spoken: SpokenSoFar;
  /** Cuts it here and now; what was heard of it is kept. Idempotent. */
  interrupt(): void;
  /** Silent at once, while it goes on being made. Idempotent. */
  pause(): void;
  /** Goes on from the word at which it was paused. */
  resume(): void;
}

/** Words that are, or are being, spoken in advance. */
export interface Recital {
  /** Not used before the first clause was given. */
  readonly source: SpeechSource;
  /** Gives each clause once it is known; resolves when all were given. Never rejects. */
  clauses(give: (text: string) => void): Promise<void>;
}

export type AgentTurnEnd =
  /** All of it was heard. */
  | { readonly kind: 'heard' }
  | { readonly kind: 'interrupted' }
  /** The LLM failed, or said nothing; what it had said before was heard. */
  | { readonly kind: 'speechless'; readonly error: unknown }
  /** The voice failed for good. */
  | { readonly kind: 'voiceless'; readonly error: unknown };
