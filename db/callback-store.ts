import type { AgentSettings } from '../src/domain/agent.ts';
import type { AttemptOutcome, CallbackAttempt } from '../src/domain/attempt.ts';
import type { Call } from '../src/domain/call.ts';
import type { Callback, CallbackStatus } from '../src/domain/callback.ts';
import type { OwnNumber } from '../src/domain/numbers.ts';

/**
 * Where promises are kept. An interface, so that a simulated one can stand beside the real one; only `src/callbacks`
 * writes through it.
 */
export interface CallbackStore {
  /**
   * Runs `work` in one transaction; it may be run again after a conflict, so it does nothing but talk to `tx`. What it
   * declared as changed is told after the commit.
   */
  transact<T>(work: (tx: CallbackTransaction) => Promise<T>): Promise<T>;
  /**
   * The same, perhaps in one transaction with others that have none of its `subjects`; see `Together`. For what comes in
   * crowds.
   */
  together<T>(subjects: readonly string[], work: (tx: CallbackTransaction) => Promise<T>): Promise<T>;
  find(id: string): Promise<Callback | undefined>;
  findAttempt(id: string): Promise<CallbackAttempt | undefined>;
  attemptsOf(callbackId: string): Promise<CallbackAttempt[]>;
  /** The attempts in flight of these callbacks. */
  currentAttempts(callbackIds: readonly string[]): Promise<CallbackAttempt[]>;
  list(filter: CallbackFilter): Promise<Callback[]>;
  counts(): Promise<Record<CallbackStatus, number>>;
  /** Timers with `from <= fireAt < to`, in order. A read of the key range alone. */
  timers(from: Temporal.Instant | null, to: Temporal.Instant, limit: number): Promise<TimerRow[]>;
}

/** One thing that has a time: a callback to dial, or an attempt to check. */
export interface TimerRow {
  readonly fireAt: Temporal.Instant;
  readonly id: string;
  readonly kind: 'dial' | 'check';
}

export interface CallbackFilter {
  readonly statuses?: readonly CallbackStatus[] | undefined;
  readonly agentId?: string | undefined;
  readonly to?: string | undefined;
  readonly dueFrom?: Temporal.Instant | undefined;
  readonly dueUntil?: Temporal.Instant | undefined;
  /** Something is still to come: it is being dialled, or a dial is planned; false: it is over. */
  readonly open?: boolean | undefined;
  /** Somebody should look: it failed, or it waits with a warning. */
  readonly attention?: boolean | undefined;
  /** Over number, name, reason and agent. */
  readonly search?: string | undefined;
  /** By the promised time, or by the next planned dial (the promised time where none is planned). */
  readonly sort?: 'due' | 'next' | undefined;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  /** The last row of the page before; `dueAt` is its time in that order. */
  readonly after?: { readonly dueAt: Temporal.Instant; readonly id: string } | undefined;
}

/** What is asked of the tables before the last look at a batch of callbacks. */
export interface DialSceneQuery {
  readonly callbackIds: readonly string[];
  readonly ownerId: string;
  readonly ownerEpoch: number;
  readonly dialsSince: Temporal.Instant;
  readonly callsSince: Temporal.Instant;
}

/** What holds for all of a batch, and of each of its callbacks. */
export interface DialScene {
  /** Whether the owner's lease of that epoch is alive, by the database's clock. */
  readonly ownsLease: boolean;
  /** Why all outbound is held; null where it is not. */
  readonly held: string | null;
  readonly pausedCarriers: Readonly<Record<string, string>>;
  /** Of those that were locked; the one that was to be dialled first comes first. */
  readonly facts: readonly DialFacts[];
}

export interface DialFacts {
  readonly callback: Callback;
  readonly agent: AgentSettings | undefined;
  /** Those of the agent (for the default agent also those that name none), and the built-in ones. */
  readonly numbers: readonly OwnNumber[];
  /** The number that they had dialled when they asked to be called back; null where they had not called us. */
  readonly dialled: string | null;
  readonly onDoNotCall: boolean;
  readonly recentDials: readonly Temporal.Instant[];
  readonly attemptInFlight: boolean;
  /** `live`, or when their last call with us ended. */
  readonly personOnCall: 'live' | Temporal.Instant | null;
  /** The number of the last attempt; 0 where there was none. */
  readonly attemptsSoFar: number;
  /** It is No answer, and since its last attempt was begun a call of theirs ended in which they spoke. */
  readonly callerReturned: boolean;
}

/** A locked callback and the attempt with which it is to be dialled. */
export interface BegunDial {
  readonly callback: Callback;
  readonly attempt: CallbackAttempt;
}

/** What a booking has to know of a person and an agent. */
export interface BookingScene {
  /** Those of the agent (for the default agent also those that name none), and the built-in ones. */
  readonly numbers: readonly OwnNumber[];
  readonly onDoNotCall: boolean;
  /** The open promise of that person with that agent, locked. */
  readonly open: Callback | undefined;
}

/** Everything that a booking leaves. Its times are whole milliseconds. */
export interface NewBooking {
  readonly callback: NewCallback;
  /** The conversation begins with it; otherwise there is one. */
  readonly newConversation: boolean;
  readonly entry: AuditEntry;
}

/** A line of the audit log: who changed what. Never a caller's words. */
export interface AuditEntry {
  readonly actor: string;
  readonly action: string;
  readonly subjectType: string;
  readonly subjectId: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export type CallbackPatch = Partial<Omit<Callback, 'id' | 'createdAt' | 'updatedAt'>>;
export type AttemptPatch = Partial<Omit<CallbackAttempt, 'id' | 'callbackId' | 'number'>>;
export type NewCallback = Omit<Callback, 'createdAt' | 'updatedAt'>;

/** A pace that a slot has to keep besides: of one of a carrier's numbers. */
export interface SlotLane {
  readonly key: string;
  readonly everyMs: number;
}

/** Everything that can be done in one transaction. Locks are taken in one order everywhere: callback, then attempt. */
export interface CallbackTransaction {
  /** The database's time of this transaction; all times written are taken from it. */
  readonly now: Temporal.Instant;

  /** Locks the row; undefined where there is none, or (`skipLocked`) where somebody else holds it. */
  lockCallback(id: string, options?: { skipLocked?: boolean }): Promise<Callback | undefined>;
  /** Reads without a lock: what it says may have changed by the next statement. */
  findCallback(id: string): Promise<Callback | undefined>;
  /** Locks the open promise of a person with an agent. */
  lockOpenCallback(agentId: string, to: string): Promise<Callback | undefined>;
  lockOpenCallbacksTo(to: string): Promise<Callback[]>;
  /** Not locked: whether this agent is dialling that person at this moment. */
  isDialing(agentId: string, to: string): Promise<boolean>;
  /** Reads what a booking is judged by, and locks the open promise. */
  bookingScene(person: { agentId: string; to: string }): Promise<BookingScene>;
  /** Written with the commit, which fails where the person has got an open promise meanwhile. */
  insertBooking(booking: NewBooking): Callback;
  /** Changes a locked callback, and keeps its timer equal to `nextAttemptAt`. */
  updateCallback(callback: Callback, patch: CallbackPatch): Promise<Callback>;

  /** Locks the attempt's callback, then the attempt. */
  lockAttempt(id: string): Promise<{ callback: Callback; attempt: CallbackAttempt } | undefined>;
  /** Undefined where another attempt to the same person is in flight at that carrier. */
  insertAttempt(attempt: CallbackAttempt): Promise<CallbackAttempt | undefined>;
  /** Changes a locked attempt, and keeps its timer equal to `checkAt`. */
  updateAttempt(attempt: CallbackAttempt, patch: AttemptPatch): Promise<CallbackAttempt>;
  /** The newest attempt, whatever became of it. */
  lastAttempt(callbackId: string): Promise<CallbackAttempt | undefined>;
  /** The outcomes of the newest `limit` counted attempts beside this one, oldest first. */
  countedOutcomes(callbackId: string, beside: { attemptId: string; limit: number }): Promise<AttemptOutcome[]>;
  /** Whether a carrier is known to have placed a call for any attempt of the callback. */
  anyPlaced(callbackId: string): Promise<boolean>;
  /** Not locked: attempts of a replica, begun below this epoch, whose request may or may not have been written; up to `limit`. */
  sendingOf(ownerId: string, belowEpoch: number, limit: number): Promise<CallbackAttempt[]>;

  // A claim, see `claimBatch`.
  /** Locks those of these callbacks that nobody else holds, and reads what the last look at them needs. */
  dialScene(query: DialSceneQuery): Promise<DialScene>;
  /**
   * Inserts the attempts and makes their callbacks Dialing; says which attempts came in. The others' persons have an
   * attempt on its way already.
   */
  beginDials(begun: readonly BegunDial[]): Promise<string[]>;
  /** Takes the carrier's next free slot (that is free in `also`, too), not before `notBefore`; it is given back if the transaction fails. */
  takeSlot(
    carrier: string,
    options: { everyMs: number; notBefore: Temporal.Instant; also?: SlotLane },
  ): Promise<{ slot: Temporal.Instant; inMs: number }>;

  // What a booking and a settlement need to know.
  agent(id: string): Promise<AgentSettings | undefined>;
  /** Those of the agent (for the default agent also those that name none), and the built-in ones. */
  numbersOf(agentId: string): Promise<OwnNumber[]>;
  pauseCarrier(carrier: string, reason: string): Promise<void>;
  /** Raises the epoch of a replica whose lease ran out, and says to what; undefined where it lives. */
  raiseEpoch(replicaId: string): Promise<number | undefined>;

  // Calls and conversations that come with them.
  findCall(id: string): Promise<Call | undefined>;
  /** Whether a call in which this person spoke to that agent by their own doing ended at or after `since`. */
  cameBack(who: { agentId: string; person: string }, since: Temporal.Instant): Promise<boolean>;
  /** Inserts the call of an attempt, or brings its status forward; the first evidence makes the row. Written with the commit. */
  upsertCall(call: Call): Promise<void>;

  // Deliveries that may come twice.
  /** Takes the key for this transaction (others wait); the earlier result, if there is one. */
  recall(key: string): Promise<{ bodyHash: string; result: unknown } | undefined>;
  /** Written with the commit. */
  remember(key: string, bodyHash: string, result: unknown): Promise<void>;

  addDoNotCall(entry: { id: string; number: string; reason: string }): Promise<void>;
  /** Written with the commit. */
  audit(entry: AuditEntry): Promise<void>;
  /** To be told to every replica's consoles after the commit. */
  changed(type: 'callback.changed' | 'call.changed', subjectId: string): void;
}
