import type { CallBriefing, OpeningPlan } from '../call/ports.ts';
import type { AgentSettings } from '../domain/agent.ts';
import type { Call } from '../domain/call.ts';
import type { Callback } from '../domain/callback.ts';
import { isOpen } from '../domain/callback-states.ts';
import { candidateZones } from '../domain/zones.ts';
import { RingbackError } from '../errors.ts';
import type { LlmMessage } from '../llm/llm.ts';
import type { ConversationDeps } from './deps.ts';
import { callbackInstruction, instructionsFor, promiseNote } from './instructions.ts';
import { noticeOf } from './notice.ts';
import { preload, turnMessages } from './preload.ts';

/**
 * Everything that a session needs to know of a call: the agent as it is now, what was said before, and how to open. A
 * call whose stream is opened again goes on after its last stored turn, without greeting. Throws `not_found`.
 */
export async function briefCall(deps: ConversationDeps, call: Call): Promise<CallBriefing> {
  const [agent, callback, turns, now] = await Promise.all([
    deps.findAgent(call.agentId),
    call.callbackId === null ? undefined : deps.findCallback(call.callbackId),
    deps.records.turns(call.id),
    deps.records.now(),
  ]);
  if (agent === undefined) throw new RingbackError('not_found', ['agent']);
  const timeZone = zoneOf(call, callback, agent);
  const located = { ...call, timeZone };
  return {
    call: located,
    agent,
    messages: [
      { role: 'system', text: instructionsFor(agent, call, now, timeZone) },
      ...(await earlierWords(deps, call, agent, timeZone)),
      ...turnMessages(call.id, turns),
    ],
    nextTurnIndex: (turns.at(-1)?.index ?? -1) + 1,
    opening: turns.length > 0 ? { kind: 'none' } : openingOf(agent, callback, now),
  };
}

/** The zone in which the other person's clock is read. */
function zoneOf(call: Call, callback: Callback | undefined, agent: AgentSettings): string {
  if (call.timeZone !== null) return call.timeZone;
  if (callback !== undefined) return callback.timeZone;
  const person = call.direction === 'inbound' ? call.from : call.to;
  return (person === null ? undefined : candidateZones(person)[0]) ?? agent.timeZone;
}

/** Caller ids can be forged: earlier words are given only on our own dial, or where the network vouches for the caller. */
async function earlierWords(
  deps: ConversationDeps,
  call: Call,
  agent: AgentSettings,
  timeZone: string,
): Promise<LlmMessage[]> {
  const trusted = call.direction === 'outbound' || call.attestation === 'full';
  const earlier = trusted ? await preload(deps, call, timeZone) : [];
  if (call.direction === 'outbound' || call.from === null) return earlier;
  const promise = await deps.findPromiseOf({ agentId: agent.id, person: call.from });
  if (promise === undefined || !isOpen(promise)) return earlier;
  return [...earlier, { role: 'system', text: promiseNote(promise, timeZone) }];
}

function openingOf(agent: AgentSettings, callback: Callback | undefined, now: Temporal.Instant): OpeningPlan {
  const notice = noticeOf(agent);
  if (callback === undefined) return { kind: 'greeting', notice, text: agent.greeting };
  return { kind: 'callback', notice, instruction: callbackInstruction(callback, callback.createdAt, now) };
}
