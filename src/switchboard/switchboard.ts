import type { Bus, CarrierHost } from '../carriers/carrier.ts';
import type { SwitchboardDeps } from './deps.ts';
import { handleEvent } from './events.ts';
import { connectStream } from './streams.ts';

/** The gateway's side of one carrier: what it reports goes to use-cases, its streams go to sessions. */
export function openSwitchboard(deps: SwitchboardDeps, carrier: string, bus: Bus): CarrierHost {
  return {
    handle: (event) => handleEvent(deps, carrier, event),
    connect: (stream, claim) => connectStream(deps, stream, claim),
    bus,
  };
}
