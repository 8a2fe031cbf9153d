import type { CallbackAttempt } from '../domain/attempt.ts';
import type { Call, CallEndReason, CallStatus } from '../domain/call.ts';
import type { Callback } from '../domain/callback.ts';

/**
 * The call that an attempt is evidence of, as far as the attempt knows; undefined where it was never placed. The rest
 * of the row (recording, summary) is the conversation's.
 */
export function callOfAttempt(attempt: CallbackAttempt, callback: Callback, now: Temporal.Instant): Call | undefined {
  const exists = attempt.carrierCallId !== null || attempt.answeredAt !== null;
  const never = attempt.outcome === 'not_placed' || attempt.outcome === 'lost' || attempt.outcome === 'account_fault';
  if (!exists || never || attempt.status === 'sending' || attempt.status === 'unknown') return undefined;
  return dialledCall(attempt, callback, now);
}

/** The call that an attempt is to become, whether or not there is one yet. */
export function dialledCall(attempt: CallbackAttempt, callback: Callback, now: Temporal.Instant): Call {
  return {
    id: attempt.callId,
    direction: 'outbound',
    status: statusOf(attempt),
    carrier: attempt.carrier,
    carrierCallId: attempt.carrierCallId,
    agentId: callback.agentId,
    conversationId: callback.conversationId,
    callbackId: callback.id,
    attemptId: attempt.id,
    from: attempt.from,
    to: attempt.to,
    attestation: 'full',
    timeZone: null,
    startedAt: attempt.startedAt,
    answeredAt: attempt.answeredAt,
    endedAt: attempt.endedAt ?? (attempt.status === 'ended' ? now : null),
    endReason: endReasonOf(attempt, callback),
    resumes: 0,
    replicaId: null,
    recording: 'none',
    recordingFile: null,
    recordingReplicaId: null,
    summary: null,
  };
}

function statusOf(attempt: CallbackAttempt): CallStatus {
  if (attempt.endedAt === null) {
    if (attempt.status === 'answered') return 'in_progress';
    return attempt.status === 'ringing' ? 'ringing' : 'queued';
  }
  if (attempt.answeredAt !== null) return 'completed';
  if (attempt.outcome === 'busy' || attempt.outcome === 'rejected') return 'busy';
  return attempt.outcome === 'no_answer' || attempt.outcome === 'machine' ? 'no_answer' : 'failed';
}

/** Why it ended, as far as the attempt knows; what a session saw is stored by the session. */
function endReasonOf(attempt: CallbackAttempt, callback: Callback): CallEndReason | null {
  if (attempt.outcome === 'machine') return 'machine';
  return attempt.endedAt !== null && attempt.answeredAt === null && callback.hangupRequested ? 'operator' : null;
}
