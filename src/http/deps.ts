import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { agentInput, agentPatch } from '../api/agents.ts';
import type { CallQuery } from '../api/calls.ts';
import type { AuditQuery } from '../api/audit.ts';
import type { CallbackInput, CallbackQuery } from '../api/callbacks.ts';
import type { HealthWire, WiringWire } from '../api/health.ts';
import type { OutboundWire } from '../api/outbound.ts';
import type { ErasedWire, PersonWire } from '../api/people.ts';
import type { phoneNumberInput, phoneNumberPatch } from '../api/phone-numbers.ts';
import type { SystemWire } from '../api/system.ts';
import type { Auth } from '../auth/auth.ts';
import type { Carrier, CarrierHost } from '../carriers/carrier.ts';
import type { Whereabouts } from '../callbacks/whereabouts.ts';
import type { Clock } from '../clock.ts';
import type { AgentSettings } from '../domain/agent.ts';
import type { CallbackAttempt } from '../domain/attempt.ts';
import type { Call, Turn } from '../domain/call.ts';
import type { Callback, CallbackStatus } from '../domain/callback.ts';
import type { Ledger } from '../domain/ledger.ts';
import type { EventFeed } from '../events/event-feed.ts';
import type { Log } from '../log.ts';
import type { Tool } from '../tools/tool.ts';

/** Everything that the HTTP surface stands on. Made by the composition root; no plugin reaches around it. */
export interface AppDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** `PUBLIC_URL`, without a slash at the end. Known once the server listens. */
  readonly publicUrl: () => string;
  /** Proxies whose X-Forwarded-* are believed. */
  readonly trustProxy: readonly string[] | null;
  /** Why this replica takes no traffic; null when it does. */
  readonly notReady: () => string | null;
  /** Vendors that are believed down, for example `llm openai`: callbacks wait for them, traffic does not. */
  readonly vendorsDown?: () => readonly string[];
  readonly auth: Auth;
  readonly feed: EventFeed;
  readonly callbacks: CallbackRoutes;
  readonly calls: CallRoutes;
  readonly agents: AgentRoutes;
  readonly phoneNumbers: PhoneNumberRoutes;
  readonly doNotCall: DoNotCallRoutes;
  readonly outbound: OutboundRoutes;
  readonly tools: readonly Tool[];
  readonly carriers: readonly { readonly carrier: Carrier; readonly host: CarrierHost }[];
  readonly system: () => Promise<SystemWire>;
  readonly health: () => Promise<HealthWire>;
  /** Who changed what, the newest first. Throws `invalid_request` for a foreign cursor. */
  readonly audit: (query: AuditQuery) => Promise<Page<AuditRow>>;
  readonly people: PeopleRoutes;
  /** What became of every promise; at most a few seconds old. */
  readonly ledger: () => Promise<Ledger>;
  /** The counters as Prometheus reads them. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** `METRICS_TOKEN`; null: whoever asks on this machine, or with the admin's token. */
  readonly metricsToken: string | null;
  /** The built console; null where it is not served (tests of the API alone). */
  readonly consoleDir: string | null;
}

/** Which part of a list is wanted: `limit` from 1 to 200, after the row that the opaque cursor names. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** A part of a list, and the cursor of the next; null at the end. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** A number of ours as operators see it. `builtIn` ones cannot be deleted. */
export interface PhoneNumberRow {
  readonly id: string;
  readonly number: string;
  readonly carrier: string;
  readonly agentId: string | null;
  readonly inboundEnabled: boolean;
  readonly outboundEnabled: boolean;
  readonly builtIn: boolean;
}

export interface CallbackView {
  readonly callback: Callback;
  /** The attempt in flight, while Dialing. */
  readonly current: CallbackAttempt | undefined;
}

/** The use-cases of callbacks as the API offers them. All throw named errors. */
export interface CallbackRoutes {
  list(query: CallbackQuery): Promise<Page<CallbackView>>;
  counts(): Promise<Record<CallbackStatus, number>>;
  find(id: string): Promise<(CallbackView & { attempts: readonly CallbackAttempt[] }) | undefined>;
  /** `actor`: a bearer is `api`, a session is `operator`. */
  book(input: CallbackInput, options: { actor: Actor; idempotencyKey: string | undefined }): Promise<CallbackView>;
  cancel(id: string, actor: Actor): Promise<CallbackView>;
  move(id: string, input: { dueAt: string; override: readonly string[] }, actor: Actor): Promise<CallbackView>;
  dialNow(id: string, input: { override: readonly string[] }, actor: Actor): Promise<CallbackView>;
  /** What a number tells before anything is booked. Throws `not_found` for the agent. */
  zone(agentId: string, to: string): Promise<Whereabouts>;
}

export type Actor = 'api' | 'operator';

export interface CallRoutes {
  list(query: CallQuery): Promise<Page<Call>>;
  find(id: string): Promise<{ call: Call; turns: readonly Turn[] } | undefined>;
  findTurn(callId: string, index: number): Promise<Turn | undefined>;
  /** The recording's bytes; throws `not_found` or `recording_elsewhere`. The caller reads or destroys `body`. */
  recording(
    id: string,
    range: { start: number; end: number | null } | null,
  ): Promise<{ body: Readable; size: number; start: number; end: number }>;
  /** Ends a queued, ringing or live call; throws `not_found`, `call_ended`. */
  hangup(id: string): Promise<Call>;
}

/** The set-up of agents; deleted ones are not there any more. All throw named errors. */
export interface AgentRoutes {
  list(page: PageRequest): Promise<Page<AgentSettings>>;
  find(id: string): Promise<AgentSettings | undefined>;
  create(input: z.output<typeof agentInput>, actor: Actor): Promise<AgentSettings>;
  change(id: string, change: z.output<typeof agentPatch>, actor: Actor): Promise<AgentSettings>;
  /** Throws `in_use`; nothing happens where it is gone already. */
  remove(id: string, actor: Actor): Promise<void>;
}

/** The set-up of phone numbers. All throw named errors. */
export interface PhoneNumberRoutes {
  list(page: PageRequest): Promise<Page<PhoneNumberRow>>;
  find(id: string): Promise<PhoneNumberRow | undefined>;
  add(input: z.output<typeof phoneNumberInput>, actor: Actor): Promise<PhoneNumberRow>;
  change(id: string, change: z.output<typeof phoneNumberPatch>, actor: Actor): Promise<PhoneNumberRow>;
  /** Throws `in_use`; nothing happens where it is gone already. */
  remove(id: string, actor: Actor): Promise<void>;
  /** What stands between the number and its first call. Throws `not_found`. */
  wiring(id: string): Promise<WiringWire>;
}

/** One change, as it was written down. */
export interface AuditRow {
  readonly id: string;
  readonly at: Temporal.Instant;
  readonly actor: string;
  readonly action: string;
  readonly subjectType: string;
  readonly subjectId: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What is kept about whoever has a number. Both throw `invalid_request` for what is no number. */
export interface PeopleRoutes {
  lookUp(number: string): Promise<PersonWire>;
  /** Throws `in_use` while a call with them goes on. */
  erase(number: string, actor: Actor): Promise<ErasedWire>;
}

/** A number that is never dialled. */
export interface DoNotCallRow {
  readonly id: string;
  readonly number: string;
  readonly reason: string;
  readonly createdAt: Temporal.Instant;
}

/** The do-not-call list. */
export interface DoNotCallRoutes {
  /** The newest first. */
  list(page: PageRequest): Promise<Page<DoNotCallRow>>;
  /** Throws `invalid_request` for what is no number. */
  add(
    input: { number: string; reason: string },
    actor: Actor,
  ): Promise<{ entry: DoNotCallRow; isNew: boolean; cancelled: number }>;
  remove(id: string, actor: Actor): Promise<void>;
}

/** Whether outbound is held or a carrier paused. */
export interface OutboundRoutes {
  look(): Promise<OutboundWire>;
  /** Holds it until it is released; the first reason stays. */
  hold(reason: string, actor: Actor): Promise<void>;
  release(actor: Actor): Promise<void>;
  /** Throws `not_found` for a carrier that is not configured. */
  resume(carrier: string, actor: Actor): Promise<void>;
}
