import type { CallRecords } from '../../db/call-store.ts';
import type { CallStore } from '../call/ports.ts';
import type { CallEndReason, CallStatus } from '../domain/call.ts';

export interface CallStoreDeps {
  readonly records: CallRecords;
  readonly replicaId: string;
  /** See `CallStore`. */
  beginOpening(attemptId: string): Promise<boolean>;
  /** The call is closed; its summary can be written. */
  onEnded(callId: string): void;
}

/** What live calls need stored, on the records. */
export function openCallStore(deps: CallStoreDeps): CallStore {
  const { records } = deps;
  return {
    saveTurn: (callId, turn, resumes) => records.saveTurn(callId, turn, resumes),
    beginOpening: (attemptId) => deps.beginOpening(attemptId),
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
