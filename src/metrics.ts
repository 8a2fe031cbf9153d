/**
 * What the rooms report to whoever counts. Nothing personal: directions, names of adapters, outcomes, figures. Each call
 * is cheap and never throws; none is made per frame of audio.
 */
export interface Metrics {
  /** A session began on a stream; `resumed`: of a call that had one before. */
  callStarted(call: CallKind & { readonly resumed: boolean }): void;
  callEnded(call: CallKind & { readonly reason: string }): void;
  /** Somebody who called was told that all lines are busy. */
  callRefused(why: string): void;
  /** A turn is over. */
  turn(turn: { readonly role: string; readonly interrupted: boolean; readonly latency: LatencyParts | null }): void;
  /** The request of a dial is being written, so long after its time. `isFirst`: the first since it was promised. */
  dialed(dial: { readonly isFirst: boolean; readonly lateMs: number }): void;
  /** What a carrier said to a dial. */
  carrierAnswered(answer: { readonly carrier: string; readonly result: string }): void;
  vendorFailed(failure: {
    readonly kind: 'stt' | 'llm' | 'tts';
    readonly vendor: string;
    readonly fault: string;
  }): void;
}

/** By what calls are told apart. */
export interface CallKind {
  readonly direction: 'inbound' | 'outbound';
  readonly carrier: string;
}

/** The time to an answer, in milliseconds: five parts, their sum, and what of it was silence. */
export interface LatencyParts {
  readonly endpointingMs: number;
  readonly sttMs: number;
  readonly llmFirstTokenMs: number;
  readonly ttsFirstByteMs: number;
  readonly firstAudioMs: number;
  readonly totalMs: number;
  readonly heardGapMs?: number;
}
