import { admitAnswer } from '../callbacks/admit.ts';
import { evidenceOfLost, restoreAttempt } from '../callbacks/restore.ts';
import { settleAttempt } from '../callbacks/settle.ts';
import type { CarrierEvent, Instruction } from '../carriers/carrier.ts';
import { openInboundCall } from '../conversations/inbound.ts';
import type { CallbackAttempt } from '../domain/attempt.ts';
import type { AttemptEvidence } from '../domain/attempt-states.ts';
import { MOST_RESUMES, type Call } from '../domain/call.ts';
import type { SwitchboardDeps } from './deps.ts';

type EventOf<Type extends CarrierEvent['type']> = Extract<CarrierEvent, { type: Type }>;

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
  const closed = deps.closedFor(carrier);
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
  const { carrierCallId } = event;
  let admission = await admitAnswer(deps.callbacks, { attemptId: event.attemptId, carrierCallId });
  const restored = admission.ok ? undefined : await restore(deps, carrier, event);
  if (restored !== undefined && restored !== 'known')
    admission = await admitAnswer(deps.callbacks, { attemptId: restored.id, carrierCallId });
  if (!admission.ok) return { type: 'hangup' };
  // The verdict may have overtaken the answer.
  const { attempt, callback } = admission;
  return (await machinePlan(deps, attempt, callback.agentId)) === 'hang_up'
    ? { type: 'hangup' }
    : stream(deps, carrier, attempt.callId);
}

async function progress(deps: SwitchboardDeps, carrier: string, event: EventOf<'progress'>): Promise<Instruction> {
  const { attemptId, state, carrierCallId } = event;
  const evidence = evidenceOf(state);
  const settled =
    attemptId === null ? undefined : await settleAttempt(deps.callbacks, attemptId, evidence, { carrierCallId });
  const restored = settled === undefined ? await restore(deps, carrier, event) : 'known';
  if (restored !== undefined && restored !== 'known')
    for (const one of evidenceOfLost(restored, evidence))
      await settleAttempt(deps.callbacks, restored.id, one, { carrierCallId });
  if (typeof state === 'object') await callOver(deps, carrier, carrierCallId);
  // It is for nothing that the database knows of: nobody is waiting for the answer.
  else if (restored === undefined) return { type: 'hangup' };
  return { type: 'none' };
}

/**
 * An attempt that the database lost, written down again: the carrier repeats what the dial was for. `known` where
 * nothing was lost; undefined where the call is not wanted any more.
 */
async function restore(
  deps: SwitchboardDeps,
  carrier: string,
  { attemptId, carrierCallId, origin }: EventOf<'answered'> | EventOf<'progress'>,
): Promise<CallbackAttempt | 'known' | undefined> {
  if (attemptId === null || origin === undefined) return 'known';
  if ((await deps.callbacks.store.findAttempt(attemptId)) !== undefined) return 'known';
  const settled = await restoreAttempt(deps.callbacks, { ...origin, attemptId, carrier, carrierCallId });
  deps.log.warn(
    { attemptId, callbackId: origin.callbackId, restored: settled !== undefined },
    'a call came in for an attempt that the database does not know',
  );
  return settled?.attempt;
}

/** A session that has not noticed, because its socket just fell silent, learns it here; the first reason stays. */
async function callOver(deps: SwitchboardDeps, carrier: string, carrierCallId: string): Promise<void> {
  const { records } = deps.conversations;
  const call = await records.findByCarrier(carrier, carrierCallId);
  if (call === undefined || call.endReason !== null) return;
  if (call.replicaId !== null) await deps.everywhere.end(call.id, 'caller_hung_up');
  if (call.answeredAt === null) return records.end(call.id, { status: 'failed', reason: null });
  await records.end(call.id, { status: 'completed', reason: 'caller_hung_up' });
  if (call.replicaId === null) deps.onEnded(call.id);
}

async function verdict(deps: SwitchboardDeps, event: EventOf<'verdict'>): Promise<Instruction> {
  const { store } = deps.callbacks;
  const settled = await settleAttempt(
    deps.callbacks,
    event.attemptId,
    { kind: 'verdict', verdict: event.verdict },
    { carrierCallId: event.carrierCallId },
  );
  // Told twice it changes nothing, but the hang-up of the first time may have failed.
  const attempt = settled?.attempt ?? (await store.findAttempt(event.attemptId));
  if (attempt === undefined || attempt.endedAt !== null || attempt.carrierCallId !== event.carrierCallId)
    return { type: 'none' };
  const callback = settled?.callback ?? (await store.find(attempt.callbackId));
  const plan = callback === undefined ? 'none' : await machinePlan(deps, attempt, callback.agentId);
  if (plan === 'none') return { type: 'none' };
  if (plan === 'leave_message') {
    await deps.everywhere.leaveMessage(attempt.callId);
    return { type: 'none' };
  }
  await deps.everywhere.end(attempt.callId, 'machine');
  return { type: 'hangup' };
}

/** What is to be done with the machine that answered; `none` where it is a person, or nobody knows. */
async function machinePlan(
  deps: SwitchboardDeps,
  { machineVerdict }: CallbackAttempt,
  agentId: string,
): Promise<'none' | 'hang_up' | 'leave_message'> {
  if (machineVerdict === 'fax') return 'hang_up';
  if (machineVerdict !== 'machine') return 'none';
  const policy = (await deps.conversations.findAgent(agentId))?.callbackPolicy;
  return policy?.onMachine === 'leave_message' && policy.machineMessage.trim() !== '' ? 'leave_message' : 'hang_up';
}

async function streamOver(deps: SwitchboardDeps, carrier: string, event: EventOf<'stream_over'>): Promise<Instruction> {
  const { records } = deps.conversations;
  if (event.callOver) {
    await callOver(deps, carrier, event.carrierCallId);
    return { type: 'hangup' };
  }
  const call = await records.find(event.callId);
  if (call === undefined || call.carrierCallId !== event.carrierCallId || call.endedAt !== null)
    return { type: 'hangup' };
  // The old session may not know yet that its stream is gone; what it heard is stored before the next one begins.
  await deps.everywhere.letGo(call.id, call.resumes);
  if (await leftMessage(deps, call)) return { type: 'hangup' };
  if (await records.releaseStream(call.id, MOST_RESUMES)) return stream(deps, carrier, call.id);
  await records.end(call.id, { status: 'failed', reason: 'error' });
  deps.onEnded(call.id);
  return { type: 'hangup' };
}

/** A message for a machine is not begun a second time. */
async function leftMessage({ callbacks }: SwitchboardDeps, { attemptId }: Call): Promise<boolean> {
  const attempt = attemptId === null ? undefined : await callbacks.store.findAttempt(attemptId);
  return attempt?.machineVerdict === 'machine' || attempt?.machineVerdict === 'fax';
}

async function stream(deps: SwitchboardDeps, carrier: string, callId: string): Promise<Instruction> {
  const token = await deps.tokens.issue(callId);
  return { type: 'stream', callId, token, streamUrl: `${deps.streamBaseUrl()}/carriers/${carrier}/media` };
}

function evidenceOf(state: EventOf<'progress'>['state']): AttemptEvidence {
  return typeof state === 'object' ? { kind: 'ended', end: state.ended } : { kind: state };
}
