import type { AudioFormat } from '../../media/audio-format.ts';
import type { VoiceActivity } from '../../media/voice-activity.ts';
import type { MediaStream, MediaSink } from '../carriers/carrier.ts';
import type { Clock } from '../clock.ts';
import type { AgentSettings, VendorChoice } from '../domain/agent.ts';
import type { Call, CallEndReason, Turn } from '../domain/call.ts';
import type { TornCall } from '../domain/torn-call.ts';
import type { Llm, LlmMessage } from '../llm/llm.ts';
import type { Log } from '../log.ts';
import type { Stt } from '../stt/stt.ts';
import type { CallbackDesk, Tool } from '../tools/tool.ts';
import type { Tts } from '../tts/tts.ts';

/** What a live call needs stored. Implemented by `conversations`; the session never knows SQL. */
export interface CallStore {
  /**
   * Inserts or replaces the turn of that index, as the session that has the stream which was opened again so often tells
   * it: one that has been followed by another may only finish what it began.
   */
  saveTurn(callId: string, turn: Turn, resumes: number): Promise<void>;
  /**
   * On our dial: the agent's opening is about to be heard, which makes it a conversation. False where it may not be: the
   * attempt is over, or not wanted any more. Told again it answers anew.
   */
  beginOpening(attemptId: string): Promise<boolean>;
  /** It ends here and now, its last words still to be stored: no other stream may be opened for it. Idempotent. */
  ending(callId: string, reason: CallEndReason): Promise<void>;
  recordingStarted(callId: string, file: string): Promise<void>;
  recordingFinished(callId: string, whole: boolean): Promise<void>;
  /** The session is over, and all of it is stored. Idempotent; the first reason stays. */
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
  /** Where a call goes on whose stream is opened again: what is open in it is not among the messages. */
  readonly torn?: TornCall;
  /** What the opening is: none when a stream is opened again. */
  readonly opening: OpeningPlan;
  /** They have heard the agent in this call: of an earlier stream of it. */
  readonly heardAgent?: boolean;
}

export type OpeningPlan =
  /** An inbound call: the notice, then the greeting as written. */
  | { readonly kind: 'greeting'; readonly notice: string | null; readonly text: string }
  /** Our own dial: the notice, then what the LLM says in the light of the earlier conversation. */
  | { readonly kind: 'callback'; readonly notice: string | null; readonly instruction: string }
  /** `cut`: the agent's last words were cut off, so that it is its turn to go on. */
  | { readonly kind: 'none'; readonly cut?: boolean };

/** The calls that live in this process. */
export interface LiveCalls {
  /** Starts the session of a call on its stream. */
  connect(briefing: CallBriefing, stream: MediaStream): MediaSink;
  /** Prepares the opening while it rings; dropped if nobody answers within `ttlMs`. Failing is no error. */
  prepare(briefing: CallBriefing, ttlMs: number): void;
  /** Ends a call that lives here; false if it does not. */
  end(callId: string, reason: CallEndReason): boolean;
  /**
   * Leaves the agent's message for machines on a call that lives here, and ends it with `machine`; without a message it
   * ends at once. False if it does not live here.
   */
  leaveMessage(callId: string): boolean;
  /**
   * The stream of a call is over, and another one is about to come: closes a session that was opened after at most so
   * many resumes, and waits a moment for what it had to store. Never rejects.
   */
  letGo(callId: string, resumes: number): Promise<void>;
  /**
   * Waits for the calls to end by themselves. Those that are left then are handed over to another replica, in a moment of
   * quiet if one comes soon; where there is none, or the carrier opens no other stream, with a goodbye they end. Resolves
   * when none lives and what they had to store is stored, or given up.
   */
  drain(withinMs: number): Promise<void>;
  readonly count: number;
}

/** What understands, thinks and speaks in this process; chosen by an agent's settings, else the first configured. */
export interface Vendors {
  /** Null where no STT is configured: then turns are typed, and the microphone only interrupts and is recorded. */
  stt(choice: VendorChoice): { readonly stt: Stt; readonly model: string | null } | null;
  llm(choice: VendorChoice): { readonly llm: Llm; readonly model: string | null };
  tts(choice: VendorChoice): { readonly tts: Tts; readonly voice: string | null };
}

/** Where recordings go. */
export interface Recordings {
  /** Begins the recording of a call; whoever began it finishes it. Never throws: a fault ends in `finish() === false`. */
  record(callId: string, format: AudioFormat): Recorder;
}

/** Two channels, caller left, agent right, streamed to disk. Copies what it keeps; bounded: it drops, and is not whole. */
export interface Recorder {
  /** File name inside RECORDINGS_DIR. */
  readonly file: string;
  /**
   * `atMs`: where in the call it was heard, counted from the recording's beginning. Returns where in the recording it ends,
   * in ms: what came unevenly lies evenly there.
   */
  caller(audio: Uint8Array, atMs: number): number;
  agent(audio: Uint8Array, atMs: number): void;
  /** Resolves when it is on disk; false where a part is missing. */
  finish(): Promise<boolean>;
}

/** What live calls stand on. */
export interface LiveCallsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: CallStore;
  readonly vendors: Vendors;
  /**
   * The voice of this machine, which says what has to be said where the agent's own fails; null where there is none. Asked
   * for by the first call, and by a later one where it was null; never rejects. Without this nothing is spoken in advance
   * either.
   */
  readonly spareVoice?: () => Promise<Tts | null>;
  /** What tells a voice from a noise; without this the energy gate. */
  readonly voiceActivity?: (format: AudioFormat) => VoiceActivity;
  readonly tools: readonly Tool[];
  /** The callbacks' use-cases at this call's desk; `key` is that of the tool call. */
  readonly deskOf: (briefing: CallBriefing, key: string) => CallbackDesk;
  readonly recordings: Recordings;
  /**
   * A stream broke without a hang-up, and all that was said in it is stored: the call, as it was when the stream came,
   * may go on in another one. Without this, or where the carrier opens no other, such a call ends as `caller_hung_up`.
   */
  readonly lost?: (call: Call) => void;
  /** Whether another replica would go on with a call that is let go of here. Without this there is none. */
  readonly othersTakeOver?: () => Promise<boolean>;
  /** A session begins, as the call was when its stream came. Must not throw. */
  readonly onStarted?: (call: Call) => void;
}
