import type { AgentSettings, CallbackPolicy } from '../domain/agent.ts';
import { normaliseNumber } from '../domain/numbers.ts';
import { likelyZone } from '../domain/wall-time.ts';
import { candidateZones } from '../domain/zones.ts';

/** Where somebody may be, and when this agent may call them. */
export interface Whereabouts {
  /** E.164; null where it is no number. */
  readonly to: string | null;
  /** The zone that a booking without one takes. */
  readonly timeZone: string;
  readonly zones: readonly string[];
  /** In the callee's local time; null: any hour. */
  readonly callingHours: CallbackPolicy['callingHours'];
}

/** What a number tells before anything is booked. */
export function whereabouts(agent: AgentSettings, typed: string): Whereabouts {
  const to = normaliseNumber(typed) ?? null;
  const zones = candidateZones(to ?? '');
  return {
    to,
    timeZone: likelyZone(zones, agent.timeZone),
    zones,
    callingHours: agent.callbackPolicy.callingHours,
  };
}
