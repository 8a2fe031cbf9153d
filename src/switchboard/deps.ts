import type { CallbackDeps } from '../callbacks/deps.ts';
import type { LiveCalls } from '../call/ports.ts';
import type { Carrier } from '../carriers/carrier.ts';
import type { ConversationDeps } from '../conversations/deps.ts';
import type { Log } from '../log.ts';
import type { LiveCallsEverywhere } from './everywhere.ts';

/** What the switchboard stands on: use-cases, the live calls, and the tokens that lead a stream to its call. */
export interface SwitchboardDeps {
  readonly callbacks: CallbackDeps;
  readonly conversations: ConversationDeps;
  readonly liveCalls: LiveCalls;
  /** The same, in other replicas as well. */
  readonly everywhere: LiveCallsEverywhere;
  readonly tokens: StreamTokens;
  /** The base URL of media streams: `PUBLIC_URL` with http turned into ws. */
  readonly streamBaseUrl: () => string;
  readonly carrierOf: (name: string) => Carrier | undefined;
  /** Why no new call of this carrier is taken; null where calls are welcome. */
  readonly closedFor: (carrier: string) => string | null;
  /** A call is over without a session that could say so; its summary can be written. */
  readonly onEnded: (callId: string) => void;
  readonly log: Log;
}

/** Single-use proofs that a media stream belongs to a call. */
export interface StreamTokens {
  issue(callId: string): Promise<string>;
  /** The call of a token, for exactly one of those who present it in time. */
  use(token: string): Promise<string | undefined>;
}
