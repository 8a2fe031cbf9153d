import { uuidv7 } from '../../db/uuid.ts';
import type { AgentSettings } from '../domain/agent.ts';
import type { Call } from '../domain/call.ts';
import type { ConversationDeps } from './deps.ts';

/** Somebody calls one of our numbers. */
export interface InboundRing {
  readonly carrier: string;
  readonly carrierCallId: string;
  /** Null for a hidden caller. */
  readonly from: string | null;
  readonly to: string;
  readonly attestation: Call['attestation'];
  readonly timeZone: string | null;
  /** The agent that the caller chose, where the carrier lets them. */
  readonly agentId: string | null;
}

export type InboundAnswer =
  | { readonly ok: true; readonly call: Call; readonly agent: AgentSettings }
  /** To be said to them in place of a conversation. */
  | { readonly ok: false; readonly say: string; readonly language: string };

/**
 * Finds who answers an inbound call, and makes its record. The call joins the conversation of a promise that is open, or
 * was dialled within a day; any other begins its own. A webhook that comes twice gets the same call.
 */
export async function openInboundCall(deps: ConversationDeps, ring: InboundRing): Promise<InboundAnswer> {
  const number = await deps.findOrRegisterNumber({ number: ring.to, carrier: ring.carrier });
  const agent = await agentFor(deps, ring.agentId ?? number.agentId);
  if (agent === undefined || !number.inboundEnabled) {
    return {
      ok: false,
      say: 'We are sorry, nobody can take your call at this number right now. Goodbye.',
      language: 'en-US',
    };
  }
  const promise = ring.from === null ? undefined : await deps.findPromiseOf({ agentId: agent.id, person: ring.from });
  const call = await deps.records.openInbound({
    id: uuidv7(),
    carrier: ring.carrier,
    carrierCallId: ring.carrierCallId,
    agentId: agent.id,
    from: ring.from,
    to: ring.to,
    attestation: ring.attestation,
    timeZone: ring.timeZone,
    conversation: promise === undefined ? { id: uuidv7(), isNew: true } : { id: promise.conversationId, isNew: false },
  });
  return { ok: true, call, agent };
}

async function agentFor(deps: ConversationDeps, id: string | null): Promise<AgentSettings | undefined> {
  return (id === null ? undefined : await deps.findAgent(id)) ?? (await deps.findDefaultAgent());
}
