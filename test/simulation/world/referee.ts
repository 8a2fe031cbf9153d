import type { AgentSettings } from '../../../src/domain/agent.ts';
import type { CallbackAttempt } from '../../../src/domain/attempt.ts';
import { callbackTransitions, nextStatus, stateOf } from '../../../src/domain/callback-states.ts';
import type { Callback } from '../../../src/domain/callback.ts';
import { keepsHours } from '../../../src/domain/calling-hours.ts';
import { candidateZones } from '../../../src/domain/zones.ts';
import type { DialRequest } from '../../../src/carriers/carrier.ts';
import type { Exchange, Gateway, Referee, SimCall } from '../carrier/exchange.ts';
import type { Change, Server, Transaction } from '../database/server.ts';
import type { ReplicaRow, Tables } from '../database/tables.ts';
import type { Trace } from '../kernel/trace.ts';
import type { Universe } from '../kernel/universe.ts';

/** A promise of the product was broken. */
export class Violation extends Error {}

/** What a run came to, in figures. */
export interface Figures {
  bookings: number;
  requests: number;
  placed: number;
  conversations: number;
  /** A telephone rang for an attempt that had been given up, and nobody talked to them. */
  strayRings: number;
  /** It was stored that the opening began, and the process or the call ended before anything of it was heard. */
  silentCompletions: number;
  cancelled: number;
  latestMs: number;
}

const DAY_MS = 86_400_000;
const HONOURED_MS = 15 * 60_000;
const noDial: ReadonlySet<string | null> = new Set(['not_placed', 'blocked', 'account_fault']);
const givenUp: ReadonlySet<string | null> = new Set(['lost', 'not_placed']);
const moves = new Set(callbackTransitions().map(({ from, event, to }) => `${from} ${event} ${to}`));

/** Watches every commit and every telephone, and stops the run where a promise is broken. */
export class Watch implements Referee {
  readonly figures: Figures = {
    bookings: 0,
    requests: 0,
    placed: 0,
    conversations: 0,
    strayRings: 0,
    silentCompletions: 0,
    cancelled: 0,
    latestMs: 0,
  };
  /** In a run without faults nothing may be later than this; null otherwise. */
  latestAllowedMs: number | null = null;
  onBroken: (violation: Violation) => void = () => undefined;
  /** Calls per second over all replicas, where that is to be checked. */
  callsPerSecond: number | null = null;
  readonly #universe: Universe;
  readonly #server: Server;
  readonly #tables: Tables;
  readonly #trace: Trace;
  readonly #sendWithinMs: number;
  readonly #calls = new Map<string, SimCall>();
  readonly #fencedAt = new Map<string, number>();
  readonly #requested = new Set<string>();
  readonly #dialled = new Set<string>();
  readonly #dueOf = new Map<string, number>();
  readonly #cancelledAt = new Map<string, number>();
  readonly #doNotCallSince = new Map<string, number>();
  /** Of each callback the calls whose opening somebody heard. */
  readonly #opened = new Map<string, SimCall[]>();
  readonly #slots: number[] = [];

  constructor(options: { universe: Universe; server: Server; tables: Tables; trace: Trace; sendWithinMs: number }) {
    this.#universe = options.universe;
    this.#server = options.server;
    this.#tables = options.tables;
    this.#trace = options.trace;
    this.#sendWithinMs = options.sendWithinMs;
    options.server.onCommit = (changes, transaction) => this.#committed(changes, transaction);
  }

  note(what: string): void {
    this.#trace.add(this.#universe.nowMs, 'carrier', what);
  }

  /** The request was handed to the network: from here on a telephone may ring. */
  written(request: DialRequest): void {
    const { attemptId, callbackId } = request;
    this.note(`is asked for attempt ${attemptId} of ${callbackId}`);
    this.figures.requests += 1;
    if (this.#requested.has(attemptId)) this.broken(`attempt ${attemptId} was requested twice`);
    this.#requested.add(attemptId);
    this.#dialled.add(callbackId);
    const attempt = this.#tables.attempt.rows.get(attemptId);
    const callback = this.#tables.callback.rows.get(callbackId);
    if (attempt === undefined || callback === undefined)
      this.broken(`attempt ${attemptId} was requested without a committed intent`);
    if (this.#cancelledAt.has(callbackId))
      this.broken(`callback ${callbackId} was requested after its cancel was accepted`);
    const nowMs = this.#server.clockMs();
    const lateMs = nowMs - (this.#dueOf.get(attemptId) ?? Number.NaN);
    if (!(lateMs >= 0)) this.broken(`attempt ${attemptId} was requested ${-lateMs} ms early`);
    this.figures.latestMs = Math.max(this.figures.latestMs, lateMs);
    if (this.latestAllowedMs !== null && lateMs > this.latestAllowedMs)
      this.broken(`attempt ${attemptId} was requested ${lateMs} ms late, and nothing was wrong`);
    this.#checkHours(callback, nowMs);
  }

  /** The product hands a request to its adapter; from here on the network decides when it is written. */
  begun({ attemptId }: DialRequest): void {
    const earlyMs = (this.#dueOf.get(attemptId) ?? Number.NaN) - this.#server.clockMs();
    if (!(earlyMs <= 0)) this.broken(`attempt ${attemptId} was begun ${earlyMs} ms early`);
    this.#checkPace();
  }

  arrived(request: DialRequest): void {
    this.note(`hears of attempt ${request.attemptId}`);
  }

  placed(call: SimCall): void {
    this.figures.placed += 1;
    this.note(`places ${call.carrierCallId} for attempt ${call.attemptId}`);
    // A request that comes when nobody waits for it any more is a stray, and the answer gate's business.
    const isStray = this.#isOver(call.attemptId);
    for (const other of this.#calls.values())
      if (!isStray && other.callbackId === call.callbackId && isLive(other) && !this.#isOver(other.attemptId))
        this.broken(`${call.carrierCallId} was placed while ${other.carrierCallId} lives, and nobody gave that one up`);
    this.#calls.set(call.attemptId, call);
    this.#checkPlaced(this.#tables.attempt.rows.get(call.attemptId));
  }

  streamed(call: SimCall, gateway: Gateway): void {
    this.note(`streams ${call.carrierCallId} to ${gateway.name}`);
    const attempt = this.#tables.attempt.rows.get(call.attemptId);
    if (attempt === undefined || (attempt.status === 'ended' && givenUp.has(attempt.outcome)))
      this.broken(`a call of attempt ${call.attemptId}, which was given up, was let in`);
  }

  opened(call: SimCall, gateway: Gateway): void {
    this.note(`hears the opening on ${call.carrierCallId} from ${gateway.name}`);
    if (this.#tables.attempt.rows.get(call.attemptId)?.openingAt == null)
      this.broken(`the opening of attempt ${call.attemptId} was heard before it was stored`);
    if (call.who !== 'person') return;
    const earlier = this.#opened.get(call.callbackId) ?? [];
    for (const one of earlier)
      this.broken(`callback ${call.callbackId} had two conversations: ${one.carrierCallId}, ${call.carrierCallId}`);
    this.#opened.set(call.callbackId, [...earlier, call]);
    this.figures.conversations += 1;
  }

  ended(call: SimCall): void {
    this.note(`ends ${call.carrierCallId} ${JSON.stringify(call.state)}`);
    const attempt = this.#tables.attempt.rows.get(call.attemptId);
    if (call.rang && attempt?.status === 'ended' && givenUp.has(attempt.outcome)) this.figures.strayRings += 1;
  }

  /** Ends the run, also where the product catches what is thrown. */
  broken(what: string): never {
    const violation = new Violation(what);
    this.onBroken(violation);
    throw violation;
  }

  #checkHours(callback: Callback, nowMs: number): void {
    const agent = this.#tables.agent.rows.get(callback.agentId);
    const hours = agent?.callbackPolicy.callingHours ?? null;
    if (agent === undefined || hours === null) return;
    const zones = callback.timeZoneNamed ? [callback.timeZone] : candidateZones(callback.to);
    const waivedMs = callback.hoursWaivedFor?.epochMilliseconds ?? Number.NaN;
    // The last look is a moment older than the request, by the time that one may take to be written.
    for (const atMs of [nowMs, nowMs - this.#sendWithinMs]) {
      if (atMs >= waivedMs - this.#sendWithinMs && atMs <= waivedMs + HONOURED_MS) return;
      const at = Temporal.Instant.fromEpochMilliseconds(Math.floor(atMs));
      if (keepsHours(hours, zones, at, callback.timeZone)) return;
    }
    this.broken(`callback ${callback.id} was requested outside the calling hours`);
  }

  #checkPace(): void {
    if (this.callsPerSecond === null) return;
    const nowMs = this.#server.clockMs();
    this.#slots.push(nowMs);
    const within = this.#slots.filter((atMs) => atMs > nowMs - 1_000);
    if (within.length > this.callsPerSecond)
      this.broken(`${within.length} requests in one second, and ${this.callsPerSecond} are allowed`);
    if (this.#slots.length > 1_000) this.#slots.splice(0, 500);
  }

  #committed(changes: readonly Change[], transaction: Transaction): void {
    for (const change of changes) {
      if (change.table === 'callback')
        this.#callbackChanged(change.before as Callback | null, change.after as Callback, changes);
      else if (change.table === 'attempt')
        this.#attemptChanged(change.before as CallbackAttempt | null, change.after as CallbackAttempt, transaction);
      else if (change.table === 'replica') this.#leaseChanged(change.before as ReplicaRow | null, change.after);
      else if (change.table === 'do_not_call') this.#doNotCallSince.set(change.id, this.#server.clockMs());
    }
    for (const change of changes) {
      if (change.table === 'callback') this.#checkTimer('dial', change.id, (change.after as Callback).nextAttemptAt);
      if (change.table === 'attempt') this.#checkTimer('check', change.id, (change.after as CallbackAttempt).checkAt);
    }
  }

  #callbackChanged(before: Callback | null, after: Callback, changes: readonly Change[]): void {
    this.#trace.add(
      this.#universe.nowMs,
      'database',
      `callback ${after.id} ${before?.status ?? '-'} -> ${after.status} next ${after.nextAttemptAt?.toString() ?? '-'} made ${after.attemptsMade}`,
    );
    if (before === null) this.figures.bookings += 1;
    else if (!mayBecome(before, after))
      this.broken(`callback ${after.id} went from ${before.status} to ${after.status}`);
    if (after.status === 'cancelled' && before?.status !== 'cancelled') {
      this.#cancelledAt.set(after.id, this.#server.clockMs());
      this.figures.cancelled += 1;
      if (after.cancelledBy === null) this.broken(`callback ${after.id} was cancelled by nobody`);
    }
    if (after.status === 'failed' && (after.failureCode === null || after.failureReason === null))
      this.broken(`callback ${after.id} failed without a reason`);
    if (after.attemptsMade > after.maxAttempts)
      this.broken(`callback ${after.id} counts ${after.attemptsMade} attempts`);
    if (after.status !== 'dialing') return;
    const current = this.#tables.attempt.rows.get(after.currentAttemptId ?? '');
    if (current === undefined || current.status === 'ended')
      this.broken(`callback ${after.id} dials with an attempt that is over`);
    if (before?.status === 'dialing') return;
    if (after.attemptsMade >= after.maxAttempts)
      this.broken(`callback ${after.id} is dialled once more than it may be`);
    const planned = before?.nextAttemptAt ?? null;
    if (planned === null) this.broken(`callback ${after.id} was claimed with nothing planned`);
    if (!changes.some((change) => change.table === 'attempt' && change.id === current.id && change.before === null))
      this.broken(`callback ${after.id} was claimed without an intent of its own`);
    this.#dueOf.set(current.id, planned.epochMilliseconds);
  }

  #attemptChanged(before: CallbackAttempt | null, after: CallbackAttempt, transaction: Transaction): void {
    this.#trace.add(
      this.#universe.nowMs,
      'database',
      `attempt ${after.id} of ${after.callbackId} ${before?.status ?? '-'} -> ${after.status} ${after.outcome ?? ''} check ${after.checkAt?.toString() ?? '-'}`,
    );
    // The name of its call may still be learnt.
    const settled = [before?.outcome, before?.counted, before?.machineVerdict, before?.openingAt, before?.endedAt];
    const now = [after.outcome, after.counted, after.machineVerdict, after.openingAt, after.endedAt];
    if (before?.status === 'ended' && settled.some((value, index) => value !== now[index]))
      this.broken(`attempt ${after.id} changed after its end`);
    if (after.status === 'ended' && (after.checkAt !== null || after.endedAt === null))
      this.broken(`attempt ${after.id} has ended and is looked at`);
    const callback = this.#tables.callback.rows.get(after.callbackId);
    if (callback === undefined) this.broken(`attempt ${after.id} belongs to nothing`);
    if (after.status !== 'ended' && callback.currentAttemptId !== after.id)
      this.broken(`attempt ${after.id} is in flight and its callback does not know it`);
    this.#checkOwner(before, after, transaction);
    this.#checkPlaced(after);
    if (before !== null || after.status === 'ended') return;
    const listedMs = this.#doNotCallSince.get(after.to);
    if (listedMs !== undefined && listedMs < transaction.nowMs)
      this.broken(`${after.to} is on the do-not-call list and was to be dialled`);
    this.#checkCap(after, this.#tables.agent.rows.get(callback.agentId));
  }

  #isOver(attemptId: string): boolean {
    return this.#tables.attempt.rows.get(attemptId)?.status === 'ended';
  }

  /** Only what certainly never rang may be called not placed: that alone is dialled again without a look. */
  #checkPlaced(attempt: CallbackAttempt | undefined): void {
    if (attempt?.outcome === 'not_placed' && this.#calls.has(attempt.id))
      this.broken(`attempt ${attempt.id} counts as not placed, and there is a call`);
  }

  /** Somebody took over, or it left: what it has begun under its old epoch is not its own any more. */
  #leaseChanged(before: ReplicaRow | null, after: unknown): void {
    if (before === null || (after as ReplicaRow | null)?.epoch === before.epoch) return;
    this.#fencedAt.set(before.id, this.#server.clockMs());
  }

  /** Only a living lease claims, and nobody takes an attempt from its owner before the owner is fenced off. */
  #checkOwner(before: CallbackAttempt | null, after: CallbackAttempt, transaction: Transaction): void {
    const { ownerId, ownerEpoch } = after;
    const owner = this.#tables.replica.rows.get(ownerId);
    if (before === null && after.status === 'sending') {
      const alive = owner?.epoch === ownerEpoch && owner.leaseUntilMs > transaction.nowMs;
      // It may have died while the claim was on its way: then the take-over finds the attempt.
      if (!alive && !((this.#fencedAt.get(ownerId) ?? 0) > transaction.nowMs))
        this.broken(`attempt ${after.id} was claimed without a living lease`);
    }
    const isAdopted = before?.status === 'sending' && after.detail === 'the replica that dialled it died';
    if (isAdopted && transaction.by !== ownerId && owner?.epoch === ownerEpoch)
      this.broken(`attempt ${after.id} was taken over from a replica whose epoch was not raised`);
  }

  #checkCap(attempt: CallbackAttempt, agent: AgentSettings | undefined): void {
    const since = attempt.startedAt.epochMilliseconds - DAY_MS;
    const dials = [...this.#tables.attempt.rows.values()].filter(
      (row) => row.to === attempt.to && row.startedAt.epochMilliseconds > since && !noDial.has(row.outcome),
    );
    const most = agent?.callbackPolicy.maxDialsPerDay ?? 0;
    if (dials.length > most) this.broken(`${attempt.to} is dialled ${dials.length} times in a day`);
  }

  #checkTimer(kind: 'dial' | 'check', id: string, at: Temporal.Instant | null): void {
    const timers = [...this.#tables.timer.rows.values()].filter((row) => row.id === id && row.kind === kind);
    const first = timers[0];
    const good =
      at === null ? timers.length === 0 : timers.length === 1 && first !== undefined && first.fireAt.equals(at);
    if (!good) this.broken(`the timer of ${id} is not the one of its row`);
  }

  /** What the end of a run must look like, with every fault over and everything at rest. */
  checkEnd(exchange: Exchange): void {
    const { callback: callbacks, attempt: attempts } = this.#tables;
    for (const callback of callbacks.rows.values()) {
      const calls = exchange.calls.filter((call) => call.callbackId === callback.id);
      const heard = (this.#opened.get(callback.id) ?? []).some(
        ({ attemptId }) => attempts.rows.get(attemptId)?.machineVerdict !== 'machine',
      );
      const isCompleted = callback.status === 'completed';
      if (heard && !isCompleted)
        this.broken(`callback ${callback.id} is ${callback.status}, and the opening was heard`);
      if (isCompleted && !calls.some(({ attemptId }) => attempts.rows.get(attemptId)?.openingAt != null))
        this.broken(`callback ${callback.id} is completed, and no opening was stored`);
      if (isCompleted && !heard && !this.#machineHeardIt(calls)) this.figures.silentCompletions += 1;
      // What is hung up is a No answer, whatever it was.
      if (callback.status === 'no_answer' && !this.#dialled.has(callback.id) && !callback.hangupRequested)
        this.broken(`callback ${callback.id} is a No answer, and was never dialled`);
      if (callback.failureCode === 'missed' && callback.attemptsMade > 0)
        this.broken(`callback ${callback.id} counts as missed, and was dialled`);
    }
    for (const attempt of attempts.rows.values())
      if (attempt.status !== 'ended') this.broken(`attempt ${attempt.id} is ${attempt.status} at the end`);
    for (const call of exchange.calls)
      if (typeof call.state !== 'object') this.broken(`${call.carrierCallId} still lives`);
  }

  /** A machine without a verdict that reached us counts as a person. */
  #machineHeardIt(calls: readonly SimCall[]): boolean {
    return calls.some(
      (call) => call.who === 'machine' && this.#tables.attempt.rows.get(call.attemptId)?.openingAt != null,
    );
  }
}

function isLive(call: SimCall): boolean {
  return typeof call.state !== 'object';
}

/** Whether an event of the table of states leads from the one to the other. */
function mayBecome(before: Callback, after: Callback): boolean {
  const state = stateOf(before);
  if (before.status === after.status && state.retryPlanned === (after.nextAttemptAt !== null))
    return isOpenOrDialing(before);
  return (
    ['claim', 'move', 'cancel', 'expire', 'refuse', 'converse', 'miss', 'reject', 'release', 'supersede'] as const
  ).some((event) => {
    const to = nextStatus(state, event);
    if (to === undefined || !moves.has(`${before.status} ${event} ${to}`)) return false;
    return to === 'waiting' ? after.status === 'scheduled' || after.status === 'no_answer' : to === after.status;
  });
}

function isOpenOrDialing(row: Callback): boolean {
  return row.status === 'dialing' || row.nextAttemptAt !== null;
}
