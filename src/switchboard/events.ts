import { admitAnswer } from '../callbacks/admit.ts';
import { settleAttempt } from '../callbacks/settle.ts';
import type { CarrierEvent, Instruction } from '../carriers/carrier.ts';
import { openInboundCall } from '../conversations/inbound.ts';
import type { AttemptEvidence } from '../domain/attempt-states.ts';
import type { SwitchboardDeps } from './deps.ts';

type EventOf<Type extends CarrierEvent['type']> = Extract<CarrierEvent, { type: Type }>;

/** How often the media stream of one call may be opened again. */
const MOST_RESUMES = 3;
const REFUSAL = 'We are sorry, all our lines are busy. Please call again in a few minutes. Goodbye.';

/** What a carrier reported, led to the use-case that it concerns; says what the carrier is to do. Idempotent. */
export function handleEvent(deps: SwitchboardDeps, carrier: string, event: CarrierEvent): Promise<Instruction> {
  switch (event.type) {
    case 'inbound':
      return inbound(deps, carrier, event);
    case 'answered':
      return answered(deps, carrier, event);
    case 'progress':
      return progress(deps, carrier, event);
    case 'verdict':
      return verdict(deps, event);
    case 'stream_over':
      return streamOver(deps, carrier, event);
  }
}

async function inbound(deps: SwitchboardDeps, carrier: string, event: EventOf<'inbound'>): Promise<Instruction> {
  const closed = deps.closedFor();
  if (closed !== null) {
    deps.log.warn({ carrier, closed }, 'an inbound call was refused');
    return { type: 'say', text: REFUSAL, language: 'en-US' };
  }
  const answer = await openInboundCall(deps.conversations, {
    carrier,
    carrierCallId: event.carrierCallId,
    from: event.from,
    to: event.to,
    attestation: event.attestation,
    timeZone: event.timeZone ?? null,
    agentId: event.agentId ?? null,
  });
  if (!answer.ok) return { type: 'say', text: answer.say, language: answer.language };
  return stream(deps, carrier, answer.call.id);
}

/** Whoever answers for an attempt that was given up is hung up before a word is said. */
async function answered(deps: SwitchboardDeps, carrier: string, event: EventOf<'answered'>): Promise<Instruction> {
  const admission = await admitAnswer(deps.callbacks, {
    attemptId: event.attemptId,
    carrierCallId: event.carrierCallId,
  });
  return admission.ok ? stream(deps, carrier, admission.attempt.callId) : { type: 'hangup' };
}

async function progress(deps: SwitchboardDeps, carrier: string, event: EventOf<'progress'>): Promise<Instruction> {
  if (event.attemptId !== null) {
    await settleAttempt(deps.callbacks, event.attemptId, evidenceOf(event.state), {
      carrierCallId: event.carrierCallId,
    });
    return { type: 'none' };
  }
  if (typeof event.state !== 'object') return { type: 'none' };
  const { records } = deps.conversations;
  const call = await records.findByCarrier(carrier, event.carrierCallId);
  // Why it ended is the session's to say; here it is only known that it did.
  if (call !== undefined && call.endedAt === null) {
    await records.end(call.id, { status: call.answeredAt === null ? 'failed' : 'completed', reason: null });
  }
  return { type: 'none' };
}

async function verdict(deps: SwitchboardDeps, event: EventOf<'verdict'>): Promise<Instruction> {
  const settled = await settleAttempt(
    deps.callbacks,
    event.attemptId,
    { kind: 'verdict', verdict: event.verdict },
    { carrierCallId: event.carrierCallId },
  );
  if (settled === undefined || (event.verdict !== 'machine' && event.verdict !== 'fax')) return { type: 'none' };
  const agent = await deps.conversations.findAgent(settled.callback.agentId);
  if (event.verdict === 'machine' && agent?.callbackPolicy.onMachine === 'leave_message') return { type: 'none' };
  deps.liveCalls.end(settled.attempt.callId, 'machine');
  return { type: 'hangup' };
}

async function streamOver(deps: SwitchboardDeps, carrier: string, event: EventOf<'stream_over'>): Promise<Instruction> {
  const { records } = deps.conversations;
  const call = await records.find(event.callId);
  if (call === undefined || call.carrierCallId !== event.carrierCallId || call.endedAt !== null)
    return { type: 'hangup' };
  return (await records.releaseStream(call.id, MOST_RESUMES)) ? stream(deps, carrier, call.id) : { type: 'hangup' };
}

async function stream(deps: SwitchboardDeps, carrier: string, callId: string): Promise<Instruction> {
  const token = await deps.tokens.issue(callId);
  return { type: 'stream', callId, token, streamUrl: `${deps.streamBaseUrl()}/carriers/${carrier}/media` };
}

function evidenceOf(state: EventOf<'progress'>['state']): AttemptEvidence {
  return typeof state === 'object' ? { kind: 'ended', end: state.ended } : { kind: state };
}
