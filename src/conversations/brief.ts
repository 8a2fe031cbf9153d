import type { CallBriefing, OpeningPlan } from '../call/ports.ts';
import type { AgentSettings } from '../domain/agent.ts';
import type { Call, Turn } from '../domain/call.ts';
import type { Callback } from '../domain/callback.ts';
import { likelyZone } from '../domain/wall-time.ts';
import { tornCall } from '../domain/torn-call.ts';
import { candidateZones } from '../domain/zones.ts';
import { RingbackError } from '../errors.ts';
import type { LlmMessage } from '../llm/llm.ts';
import type { ConversationDeps } from './deps.ts';
import { instructionsFor, thisCallHeading } from './instructions.ts';
import { noticeOf } from './notice.ts';
import { lastSummary, preload, turnMessages } from './preload.ts';
import { callbackInstruction, promiseNote } from './promise-words.ts';

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
  const known = knownZone(call, callback);
  const timeZone = known ?? likelyZone(candidateZones(personOf(call) ?? ''), agent.timeZone);
  const before = await earlierWords(deps, call, agent, { now, timeZone });
  const instruction = callback === undefined ? null : await instructionOf(deps, callback, now);
  const torn = tornCall(turns);
  const opening = turns.some(wasHeard)
    ? ({ kind: 'none', cut: wasCut(turns.at(-1)) } as const)
    : openingOf(agent, instruction);
  return {
    call: { ...call, timeZone: known },
    agent,
    messages: [
      { role: 'system', text: instructionsFor(agent, call, now, timeZone) },
      ...before,
      // The opening brings it along; a stream that is opened again has none.
      ...(opening.kind === 'none' && instruction !== null ? [{ role: 'system', text: instruction } as const] : []),
      ...turnMessages(call.id, torn.over),
    ],
    nextTurnIndex: (turns.at(-1)?.index ?? -1) + 1,
    ...(turns.length === 0 ? {} : { torn }),
    opening,
    heardAgent: turns.some((turn) => turn.role === 'agent' && wasHeard(turn)),
  };
}

/** The other person's zone where somebody told it; null where their number alone has to say. */
function knownZone(call: Call, callback: Callback | undefined): string | null {
  if (call.timeZone !== null) return call.timeZone;
  if (callback === undefined) return null;
  return callback.timeZoneNamed || candidateZones(callback.to).length === 0 ? callback.timeZone : null;
}

function personOf(call: Call): string | null {
  return call.direction === 'inbound' ? call.from : call.to;
}

/**
 * What was said in earlier calls, what is promised, and where this call begins. Caller ids can be forged: the words
 * themselves are given only on our own dial, or where the network vouches for the caller.
 */
async function earlierWords(
  deps: ConversationDeps,
  call: Call,
  agent: AgentSettings,
  { now, timeZone }: { now: Temporal.Instant; timeZone: string },
): Promise<LlmMessage[]> {
  const trusted = call.direction === 'outbound' || call.attestation === 'full';
  const words = trusted ? await preload(deps, call, timeZone) : [];
  const note = await noteOf(deps, call, agent, timeZone);
  const heading = words.length === 0 ? '' : thisCallHeading(call, now, timeZone);
  const between = [heading, note].filter((text) => text !== '');
  return [...words, ...between.map((text): LlmMessage => ({ role: 'system', text }))];
}

async function noteOf(deps: ConversationDeps, call: Call, agent: AgentSettings, timeZone: string): Promise<string> {
  if (call.direction === 'outbound' || call.from === null) return '';
  const promise = await deps.findPromiseOf({ agentId: agent.id, person: call.from });
  // What was booked in this very call stands among its turns; a stream that is opened again does not ask about it.
  if (promise === undefined || promise.originCallId === call.id) return '';
  return promiseNote(promise, { agent, summary: await lastSummary(deps, call), timeZone });
}

async function instructionOf(deps: ConversationDeps, callback: Callback, now: Temporal.Instant): Promise<string> {
  return callbackInstruction(callback, { firstDial: await deps.findFirstDial(callback), now });
}

function openingOf(agent: AgentSettings, instruction: string | null): OpeningPlan {
  const notice = noticeOf(agent);
  return instruction === null
    ? { kind: 'greeting', notice, text: agent.greeting }
    : { kind: 'callback', notice, instruction };
}

/** An opening that broke off before anybody heard a word of it is none yet. */
function wasHeard(turn: Turn): boolean {
  return turn.role !== 'agent' || (turn.heardText ?? '') !== '';
}

/** The stream broke while the agent was speaking. */
function wasCut(last: Turn | undefined): boolean {
  return last?.role === 'agent' && last.interrupted;
}
