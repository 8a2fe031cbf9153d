import type { CallRecords } from '../../db/call-store.ts';
import type { CallStore } from '../call/ports.ts';
import type { CallEndReason, CallStatus } from '../domain/call.ts';

export interface CallStoreDeps {
  readonly records: CallRecords;
  readonly replicaId: string;
  /** The agent's opening began to play on one of our dials, so long ago. */
  onOpening(attemptId: string, agoMs: number): Promise<void>;
  /** The call is closed; its summary can be written. */
  onEnded(callId: string): void;
}

/** What live calls need stored, on the records. */
export function openCallStore(deps: CallStoreDeps): CallStore {
  const { records } = deps;
  return {
    saveTurn: (callId, turn, resumes) => records.saveTurn(callId, turn, resumes),
    async openingStarted(callId, agoMs) {
      const call = await records.find(callId);
      if (call?.attemptId != null) await deps.onOpening(call.attemptId, agoMs);
    },
    recordingStarted: (callId, file) => records.recordingStarted(callId, file, deps.replicaId),
    recordingFinished: (callId, whole) => records.recordingFinished(callId, whole),
    ending: (callId, reason) => records.end(callId, { status: statusOf(reason), reason }),
    async ended(callId, reason: CallEndReason) {
      await records.end(callId, { status: statusOf(reason), reason });
      deps.onEnded(callId);
    },
  };
}

function statusOf(reason: CallEndReason): CallStatus {
  return reason === 'error' ? 'failed' : 'completed';
}
