import type { CallRecords } from '../../db/call-store.ts';
import type { AgentSettings } from '../domain/agent.ts';
import type { Callback } from '../domain/callback.ts';
import type { PhoneNumber } from '../../db/phone-number-store.ts';

/** What conversations stand on. */
export interface ConversationDeps {
  readonly records: CallRecords;
  /** This process, as calls name it. */
  readonly replicaId: string;
  findAgent(id: string): Promise<AgentSettings | undefined>;
  findDefaultAgent(): Promise<AgentSettings | undefined>;
  /** Our number as it was dialled, registered where it is new. */
  findOrRegisterNumber(dialled: { number: string; carrier: string }): Promise<PhoneNumber>;
  findCallback(id: string): Promise<Callback | undefined>;
  /** When it was first dialled since it was booked or last moved; undefined where it was not yet. */
  findFirstDial(callback: Pick<Callback, 'id' | 'status' | 'attemptsMade'>): Promise<Temporal.Instant | undefined>;
  /** The promise that an inbound call belongs to, if there is one. */
  findPromiseOf(who: { agentId: string; person: string }): Promise<Callback | undefined>;
}
