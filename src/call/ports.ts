import type { MediaStream, MediaSink } from "../carriers/carrier.ts";
import type { AgentSettings } from "../domain/agent.ts";
import type { Call, CallEndReason, Turn } from "../domain/call.ts";
import type { LlmMessage } from "../llm/llm.ts";

/** What a live call needs stored. Implemented by `conversations`; the session never knows SQL. */
export interface CallStore {
  /** Inserts or replaces the turn of that index. */
  saveTurn(callId: string, turn: Turn): Promise<void>;
  /** The agent's opening began to play (on our dial: this makes it a conversation). Idempotent. */
  openingStarted(callId: string): Promise<void>;
  recordingStarted(callId: string, file: string): Promise<void>;
  recordingFinished(callId: string, whole: boolean): Promise<void>;
  /** The session is over. Idempotent; the first reason stays. */
  ended(callId: string, reason: CallEndReason): Promise<void>;
}

/** Everything a session is about, loaded before its stream is connected. */
export interface CallBriefing {
  readonly call: Call;
  readonly agent: AgentSettings;
  /** System text and earlier turns, ready for the LLM (see conversations/preload). */
  readonly messages: readonly LlmMessage[];
  /** The index of the first new turn: above 0 when a stream is opened again. */
  readonly nextTurnIndex: number;
  /** What the opening is: none when a stream is opened again. */
  readonly opening: OpeningPlan;
}

export type OpeningPlan =
  /** An inbound call: the notice, then the greeting as written. */
  | { readonly kind: "greeting"; readonly notice: string | null; readonly text: string }
  /** Our own dial: the notice, then what the LLM says in the light of the earlier conversation. */
  | { readonly kind: "callback"; readonly notice: string | null; readonly instruction: string }
  | { readonly kind: "none" };

/** The calls that live in this process. */
export interface LiveCalls {
  /** Starts the session of a call on its stream. */
  connect(briefing: CallBriefing, stream: MediaStream): MediaSink;
  /** Prepares the opening while it rings; dropped if nobody answers within `ttlMs`. Failing is no error. */
  prepare(briefing: CallBriefing, ttlMs: number): void;
  /** Ends a call that lives here; false if it does not. */
  end(callId: string, reason: CallEndReason): boolean;
  readonly count: number;
}
