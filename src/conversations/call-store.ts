import type { CallRecords } from '../../db/call-store.ts';
import type { CallStore } from '../call/ports.ts';
import type { CallEndReason, CallStatus } from '../domain/call.ts';

export interface CallStoreDeps {
  readonly records: CallRecords;
  readonly replicaId: string;
  /** The agent's opening began to play on one of our dials, at this time of the database. */
  onOpening(attemptId: string, beganAt: Temporal.Instant): Promise<void>;
  /** The call is closed; its summary can be written. */
  onEnded(callId: string): void;
}

/** What live calls need stored, on the records. */
export function openCallStore(deps: CallStoreDeps): CallStore {
  const { records } = deps;
  return {
    saveTurn: (callId, turn, resumes) => records.saveTurn(callId, turn, resumes),
    async openingStarted(callId, agoMs) {
      const [call, beganAt] = await Promise.all([records.find(callId), began(records, agoMs)]);
      if (call?.attemptId != null) await deps.onOpening(call.attemptId, beganAt);
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

/**
 * When that was, on the database's clock. It is asked how long ago once the database has told its time: however slow it
 * is, nothing that began before a hang-up is taken to have begun after it.
 */
async function began(records: Pick<CallRecords, 'now'>, agoMs: () => number): Promise<Temporal.Instant> {
  const now = await records.now();
  return now.subtract({ milliseconds: Math.round(agoMs()) });
}

function statusOf(reason: CallEndReason): CallStatus {
  return reason === 'error' ? 'failed' : 'completed';
}
