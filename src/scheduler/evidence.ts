import type { EvidenceExtras } from '../callbacks/settle.ts';
import type { DialResult, FoundCall } from '../carriers/carrier.ts';
import type { AttemptEvidence } from '../domain/attempt-states.ts';
import type { CallbackAttempt } from '../domain/attempt.ts';

/** What a carrier's answer to a dial proves. */
export function evidenceOf(result: DialResult): { evidence: AttemptEvidence; extras: EvidenceExtras } {
  switch (result.kind) {
    case 'placed':
      return { evidence: { kind: 'placed' }, extras: { carrierCallId: result.carrierCallId } };
    case 'not_placed':
      return {
        evidence: { kind: 'not_placed', detail: result.detail },
        extras: result.retryAfterMs === undefined ? {} : { retryAfterMs: result.retryAfterMs },
      };
    case 'refused':
      return { evidence: { kind: 'refused', outcome: result.outcome, detail: result.detail }, extras: {} };
    case 'account_fault':
      return { evidence: { kind: 'refused', outcome: 'account_fault', detail: result.detail }, extras: {} };
    case 'unknown':
      return { evidence: { kind: 'unknown', detail: result.detail }, extras: {} };
  }
}

/** What a call that a carrier knows proves, in the order in which it is to be taken in. */
export function evidenceOfFound(found: FoundCall): AttemptEvidence[] {
  const { state, machineVerdict } = found;
  const verdict: AttemptEvidence[] = machineVerdict === undefined ? [] : [{ kind: 'verdict', verdict: machineVerdict }];
  // Before the end, which it decides.
  if (typeof state === 'object') return [...verdict, { kind: 'ended', end: state.ended }];
  return [{ kind: state === 'queued' ? 'placed' : state }, ...verdict];
}

/** An attempt that was ended as if there were no call: whatever comes of it is not wanted any more. */
export function isGivenUp(attempt: Pick<CallbackAttempt, 'status' | 'outcome'>): boolean {
  return attempt.status === 'ended' && (attempt.outcome === 'lost' || attempt.outcome === 'not_placed');
}
