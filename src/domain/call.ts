/** The record of a call and of what was said in it. */
/** How often the media stream of one call may be opened again; the one after that ends the call. */
export const MOST_RESUMES = 3;

export type CallDirection = 'inbound' | 'outbound';
export type CallStatus = 'queued' | 'ringing' | 'in_progress' | 'completed' | 'no_answer' | 'busy' | 'failed';
export type CallEndReason =
  | 'caller_hung_up'
  | 'agent_ended'
  | 'max_duration'
  | 'silence'
  | 'operator'
  | 'machine'
  | 'error'
  | 'drained';

export interface Call {
  readonly id: string;
  readonly direction: CallDirection;
  readonly status: CallStatus;
  readonly carrier: string;
  readonly carrierCallId: string | null;
  readonly agentId: string;
  readonly conversationId: string;
  readonly callbackId: string | null;
  readonly attemptId: string | null;
  /** Null for a hidden caller. */
  readonly from: string | null;
  readonly to: string;
  readonly attestation: 'full' | 'partial' | 'none';
  readonly timeZone: string | null;
  readonly startedAt: Temporal.Instant;
  readonly answeredAt: Temporal.Instant | null;
  readonly endedAt: Temporal.Instant | null;
  readonly endReason: CallEndReason | null;
  readonly resumes: number;
  readonly replicaId: string | null;
  readonly recording: 'none' | 'running' | 'complete' | 'incomplete';
  readonly recordingFile: string | null;
  readonly recordingReplicaId: string | null;
  readonly summary: string | null;
  /** When its words and its recording were erased for their age; absent in one that is not stored yet. */
  readonly purgedAt?: Temporal.Instant | null;
}

export type TurnRole = 'caller' | 'agent' | 'tool';

/** One utterance, or one tool call with its result. */
export interface Turn {
  /** From 0, in the order in which they began. */
  readonly index: number;
  readonly role: TurnRole;
  /** What was said; for the agent what was generated. */
  readonly text: string;
  /** For the agent: what was really heard; null while it speaks and for the other roles. */
  readonly heardText: string | null;
  readonly interrupted: boolean;
  readonly startedAt: Temporal.Instant;
  readonly endedAt: Temporal.Instant | null;
  readonly toolName: string | null;
  readonly toolArguments: unknown;
  readonly toolResult: unknown;
  readonly latency: TurnLatency | null;
}

/**
 * From the last of the caller's voice to the first sound of the answer, as they stand in the recording. Each of the five
 * counts from the previous milestone, and they sum to `totalMs`. `heardGapMs` is the silence that the caller heard: the
 * same, or less where a sentence asked them to wait.
 */
export interface TurnLatency {
  readonly endpointingMs: number;
  readonly sttMs: number;
  readonly llmFirstTokenMs: number;
  readonly ttsFirstByteMs: number;
  readonly firstAudioMs: number;
  readonly totalMs: number;
  /** Unset where it was stored before this was measured. */
  readonly heardGapMs?: number;
}
