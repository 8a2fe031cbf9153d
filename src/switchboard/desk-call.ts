import type { DeskCall } from '../callbacks/desk-call.ts';
import type { AgentSettings } from '../domain/agent.ts';
import type { Call } from '../domain/call.ts';

/** A call as the desk sees it at which its caller asks: who they are, and which of our numbers they speak with. */
export function deskCallOf(call: Call, agent: AgentSettings): DeskCall {
  const inbound = call.direction === 'inbound';
  return {
    id: call.id,
    agent,
    person: inbound ? call.from : call.to,
    ourNumber: (inbound ? call.to : call.from) ?? call.to,
    timeZone: call.timeZone,
    callbackId: call.callbackId,
  };
}
