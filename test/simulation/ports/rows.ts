import { uuidv7 } from '../../../db/uuid.ts';
import type { CallbackTransaction, NewCallback } from '../../../db/callback-store.ts';
import type { AgentSettings } from '../../../src/domain/agent.ts';
import type { CallbackAttempt } from '../../../src/domain/attempt.ts';
import type { Call } from '../../../src/domain/call.ts';
import type { Callback } from '../../../src/domain/callback.ts';
import { someCallback } from '../../support/callback-facts.ts';
import type { PortWorld } from './port-world.ts';

let persons = 0;

/** A person whom nobody has called yet. */
export function newPerson(): string {
  persons += 1;
  return `+1212456${String(1_000 + persons)}`;
}

export function after(at: Temporal.Instant, milliseconds: number): Temporal.Instant {
  return at.add({ milliseconds });
}

/** An agent that owns a number, and what a callback of its needs. */
export async function agentOf(world: PortWorld): Promise<{ agent: AgentSettings; conversationId: string }> {
  const agent = await world.insertAgent();
  return { agent, conversationId: await world.insertConversation(agent.id) };
}

/** A promise that waits; due in a minute unless `over` says otherwise. */
export function newCallback(
  { agent, conversationId }: { agent: AgentSettings; conversationId: string },
  now: Temporal.Instant,
  over: Partial<Callback> = {},
): NewCallback {
  const { createdAt: _created, updatedAt: _updated, ...row } = someCallback();
  const due = over.nextAttemptAt ?? after(now, 60_000);
  return {
    ...row,
    id: uuidv7(),
    agentId: agent.id,
    conversationId,
    to: newPerson(),
    dueAt: due,
    expiresAt: after(due, 3_600_000),
    nextAttemptAt: due,
    ...over,
  };
}

/** An attempt that is being sent, by nobody in particular. */
export function newAttempt(
  callback: Callback,
  now: Temporal.Instant,
  over: Partial<CallbackAttempt> = {},
): CallbackAttempt {
  return {
    id: uuidv7(),
    callbackId: callback.id,
    number: 1,
    status: 'sending',
    outcome: null,
    counted: false,
    detail: null,
    carrier: 'phone',
    from: '+13104561000',
    to: callback.to,
    callId: uuidv7(),
    carrierCallId: null,
    ownerId: uuidv7(),
    ownerEpoch: 1,
    machineDetection: false,
    machineVerdict: null,
    startedAt: now,
    answeredAt: null,
    openingAt: null,
    endedAt: null,
    checkAt: null,
    checks: 0,
    ...over,
  };
}

/** A call that lives; outbound unless `over` says otherwise. */
export function newCall(
  ids: { agentId: string; conversationId: string },
  at: Temporal.Instant,
  over: Partial<Call> = {},
): Call {
  return {
    id: uuidv7(),
    direction: 'outbound',
    status: 'in_progress',
    carrier: 'phone',
    carrierCallId: null,
    ...ids,
    callbackId: null,
    attemptId: null,
    from: '+13104561000',
    to: '+13104561000',
    attestation: 'full',
    timeZone: null,
    startedAt: at,
    answeredAt: at,
    endedAt: null,
    endReason: null,
    resumes: 0,
    replicaId: null,
    recording: 'none',
    recordingFile: null,
    recordingReplicaId: null,
    summary: null,
    ...over,
  };
}

/** Writes a promise with the commit. */
export function insertNew(tx: CallbackTransaction, callback: NewCallback): Callback {
  const entry = { actor: 'api', action: 'callback.booked', subjectType: 'callback', subjectId: callback.id };
  return tx.insertBooking({ callback, newConversation: false, entry });
}

/** Books a promise in a transaction of its own. */
export async function booked(world: PortWorld, over: Partial<Callback> = {}): Promise<Callback> {
  const owner = await agentOf(world);
  return world.store.transact(async (tx) => insertNew(tx, newCallback(owner, tx.now, over)));
}

/** Makes it Dialing with this attempt. */
export async function dialled(
  tx: CallbackTransaction,
  callback: Callback,
  over: Partial<CallbackAttempt> = {},
): Promise<CallbackAttempt> {
  const attempt = newAttempt(callback, tx.now, over);
  const begun = await tx.beginDials([{ callback, attempt }]);
  if (begun.length !== 1) throw new Error('the dial was not begun');
  return attempt;
}
