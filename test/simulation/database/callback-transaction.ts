import type {
  SlotLane,
  AttemptPatch,
  BegunDial,
  BookingScene,
  CallbackPatch,
  CallbackTransaction,
  DialFacts,
  DialScene,
  DialSceneQuery,
  NewBooking,
  TimerRow,
} from '../../../db/callback-store.ts';
import type { CallbackAttempt } from '../../../src/domain/attempt.ts';
import type { Call } from '../../../src/domain/call.ts';
import type { Callback } from '../../../src/domain/callback.ts';
import type { Run } from './client.ts';
import { readOnly, ServerError, type Server, type Statement, type Transaction, type Wait } from './server.ts';
import { isOpenPromise, timerId, type NumberRow, type Tables } from './tables.ts';

const IDEMPOTENCY_MS = 86_400_000;
const LONGEST_CALL_MS = 86_400_000;
const MOST_RECENT_DIALS = 200;
const placedOutcomes: ReadonlySet<string | null> = new Set(['completed', 'no_answer', 'busy', 'rejected', 'machine']);
const noDial: ReadonlySet<string | null> = new Set(['not_placed', 'blocked', 'account_fault']);

/** A timer that was set, to be announced after the commit. */
export type SetTimer = TimerRow & { readonly nowMs: number };

/** The statements of db/callback-transaction.ts and what they call, on the simulated tables. */
export class SimCallbackTransaction implements CallbackTransaction {
  readonly now: Temporal.Instant;
  readonly timersSet: SetTimer[] = [];
  readonly #trailing: Promise<unknown>[] = [];
  readonly #run: Run;
  readonly #tables: Tables;
  readonly #server: Server;

  constructor(run: Run, nowMs: number, tables: Tables, server: Server) {
    this.#run = run;
    this.now = Temporal.Instant.fromEpochMilliseconds(Math.floor(nowMs));
    this.#tables = tables;
    this.#server = server;
  }

  lockCallback(id: string): Promise<Callback | undefined> {
    const { callback } = this.#tables;
    return this.#run(function* (tx) {
      const row = callback.get(tx, id);
      return row === undefined ? undefined : (yield* callback.lockWhere(tx, [row], () => true))[0];
    });
  }

  findCallback(id: string): Promise<Callback | undefined> {
    return this.#run(readOnly((tx) => this.#tables.callback.get(tx, id)));
  }

  async lockOpenCallback(agentId: string, to: string): Promise<Callback | undefined> {
    return (await this.#lockOpen((row) => row.agentId === agentId && row.to === to))[0];
  }

  lockOpenCallbacksTo(to: string): Promise<Callback[]> {
    return this.#lockOpen((row) => row.to === to);
  }

  isDialing(agentId: string, to: string): Promise<boolean> {
    const holds = (row: Callback): boolean => row.agentId === agentId && row.to === to && row.status === 'dialing';
    return this.#run(readOnly((tx) => this.#tables.callback.select(tx, holds).length > 0));
  }

  async bookingScene({ agentId, to }: { agentId: string; to: string }): Promise<BookingScene> {
    const open = await this.lockOpenCallback(agentId, to);
    return this.#run(
      readOnly((tx) => ({
        open,
        numbers: this.#numbersOf(tx, agentId),
        onDoNotCall: this.#tables.doNotCall.get(tx, to) !== undefined,
      })),
    );
  }

  insertBooking(booking: NewBooking): Callback {
    const { callback } = this.#tables;
    const row: Callback = { slot: null, purgedAt: null, ...booking.callback, createdAt: this.now, updatedAt: this.now };
    const moveTimer = this.#moveTimer;
    this.#later(function* (tx) {
      yield* callback.insert(tx, row);
      yield* moveTimer(tx, 'dial', row.id, null, row.nextAttemptAt);
    });
    return row;
  }

  /** Waits for what was left to the commit. */
  async flush(): Promise<void> {
    await Promise.all(this.#trailing);
  }

  updateCallback(old: Callback, patch: CallbackPatch): Promise<Callback> {
    const { callback } = this.#tables;
    const { now } = this;
    const moveTimer = this.#moveTimer;
    return this.#run(function* (tx) {
      const seen = callback.get(tx, old.id);
      const [row] = seen === undefined ? [] : yield* callback.lockWhere(tx, [seen], (now) => now.status === old.status);
      if (row === undefined) throw new Error('the callback changed under its lock');
      const changed = yield* callback.update(tx, { ...row, ...patch, updatedAt: now });
      yield* moveTimer(tx, 'dial', old.id, old.nextAttemptAt, changed.nextAttemptAt);
      return changed;
    });
  }

  lockAttempt(id: string): Promise<{ callback: Callback; attempt: CallbackAttempt } | undefined> {
    const { callback, attempt } = this.#tables;
    return this.#run(function* (tx) {
      const seen = attempt.get(tx, id);
      const owner = seen === undefined ? undefined : callback.get(tx, seen.callbackId);
      if (seen === undefined || owner === undefined) return undefined;
      const [locked] = yield* callback.lockWhere(tx, [owner], () => true);
      const [row] = yield* attempt.lockWhere(tx, [seen], () => true);
      return locked === undefined || row === undefined ? undefined : { callback: locked, attempt: row };
    });
  }

  insertAttempt(values: CallbackAttempt): Promise<CallbackAttempt | undefined> {
    const { attempt } = this.#tables;
    const moveTimer = this.#moveTimer;
    return this.#run(function* (tx) {
      const row = yield* attempt.insertUnlessThere(tx, values);
      if (row !== undefined) yield* moveTimer(tx, 'check', row.id, null, row.checkAt);
      return row;
    });
  }

  updateAttempt(old: CallbackAttempt, patch: AttemptPatch): Promise<CallbackAttempt> {
    const { attempt } = this.#tables;
    const moveTimer = this.#moveTimer;
    return this.#run(function* (tx) {
      const seen = attempt.get(tx, old.id);
      const [row] = seen === undefined ? [] : yield* attempt.lockWhere(tx, [seen], (now) => now.status === old.status);
      if (row === undefined) throw new Error('the attempt changed under its lock');
      const changed = yield* attempt.update(tx, { ...row, ...patch });
      yield* moveTimer(tx, 'check', old.id, old.checkAt, changed.checkAt);
      return changed;
    });
  }

  async lastAttempt(callbackId: string): Promise<CallbackAttempt | undefined> {
    return (await this.#attemptsOf((row) => row.callbackId === callbackId)).at(-1);
  }

  async countedOutcomes(callbackId: string, beside: { attemptId: string; limit: number }) {
    const rows = await this.#attemptsOf(
      (row) => row.callbackId === callbackId && row.counted && row.id !== beside.attemptId,
    );
    const newest = beside.limit === 0 ? [] : rows.slice(-beside.limit);
    return newest.flatMap(({ outcome }) => (outcome === null ? [] : [outcome]));
  }

  async anyPlaced(callbackId: string): Promise<boolean> {
    const rows = await this.#attemptsOf((row) => row.callbackId === callbackId);
    return rows.some((row) => row.carrierCallId !== null || row.answeredAt !== null || placedOutcomes.has(row.outcome));
  }

  async sendingOf(ownerId: string, belowEpoch: number, limit: number): Promise<CallbackAttempt[]> {
    const rows = await this.#attemptsOf(
      (row) => row.ownerId === ownerId && row.status === 'sending' && row.ownerEpoch < belowEpoch,
    );
    return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
  }

  async dialScene(query: DialSceneQuery): Promise<DialScene> {
    const { callback } = this.#tables;
    const locked = await this.#run(function* (tx) {
      const rows = callback.select(tx, (row) => query.callbackIds.includes(row.id)).toSorted(byNextAttempt);
      return yield* callback.lockFree(tx, rows);
    });
    const facts = await this.#run(readOnly((tx) => locked.map((one) => this.#facts(tx, one, query))));
    // A statement of its own: the lease may have run out since.
    const whole = await this.#run(
      readOnly((tx) => {
        const { replica, hold, pause } = this.#tables;
        const owner = replica.get(tx, query.ownerId);
        return {
          ownsLease:
            owner !== undefined &&
            owner.epoch === query.ownerEpoch &&
            !owner.draining &&
            owner.leaseUntilMs > this.#server.clockMs(),
          held: hold.get(tx, 'outbound_hold')?.reason ?? null,
          pausedCarriers: Object.fromEntries(pause.select(tx, () => true).map((row) => [row.carrier, row.reason])),
        };
      }),
    );
    return { ...whole, facts };
  }

  beginDials(begun: readonly BegunDial[]): Promise<string[]> {
    if (begun.length === 0) return Promise.resolve([]);
    const { callback, attempt, timer } = this.#tables;
    const { now } = this;
    return this.#run(function* (tx) {
      const ids: string[] = [];
      for (const { callback: waiting, attempt: its } of begun) {
        if ((yield* attempt.insertUnlessThere(tx, its)) === undefined) continue;
        const row = callback.get(tx, waiting.id);
        if (row === undefined || (row.status !== 'scheduled' && row.status !== 'no_answer'))
          throw new Error('a callback changed under its lock');
        yield* callback.update(tx, {
          ...row,
          status: 'dialing',
          currentAttemptId: its.id,
          nextAttemptAt: null,
          slot: null,
          from: its.from,
          warning: null,
          updatedAt: now,
        });
        if (waiting.nextAttemptAt !== null)
          yield* timer.delete(tx, timerId({ fireAt: waiting.nextAttemptAt, id: waiting.id }));
        ids.push(its.id);
      }
      return ids;
    });
  }

  takeSlot(
    carrier: string,
    options: { everyMs: number; notBefore: Temporal.Instant; also?: SlotLane },
  ): Promise<{ slot: Temporal.Instant; inMs: number }> {
    const { pacer } = this.#tables;
    const server = this.#server;
    return this.#run(function* (tx) {
      const lanes = [{ key: carrier, everyMs: options.everyMs }, ...(options.also === undefined ? [] : [options.also])];
      for (const { key } of lanes) yield* server.lock(tx, pacer.lockKey(key));
      const nextMs = Math.max(...lanes.map(({ key }) => pacer.get(tx, key)?.nextAtMs ?? 0));
      const atMs = Math.max(nextMs, server.clockMs(), options.notBefore.epochMilliseconds);
      for (const { key, everyMs } of lanes) yield* pacer.update(tx, { carrier: key, nextAtMs: atMs + everyMs });
      return { slot: Temporal.Instant.fromEpochMilliseconds(Math.ceil(atMs)), inMs: atMs - server.clockMs() };
    });
  }

  agent(id: string) {
    return this.#run(readOnly((tx) => this.#tables.agent.get(tx, id)));
  }

  numbersOf(agentId: string) {
    return this.#run(readOnly((tx) => this.#numbersOf(tx, agentId)));
  }

  async pauseCarrier(carrier: string, reason: string): Promise<void> {
    await this.#run((tx) => this.#tables.pause.insertUnlessThere(tx, { carrier, reason }));
  }

  raiseEpoch(replicaId: string): Promise<number | undefined> {
    const { replica } = this.#tables;
    return this.#run(function* (tx) {
      const row = replica.get(tx, replicaId);
      if (row === undefined || row.leaseUntilMs > tx.nowMs) return undefined;
      const [locked] = yield* replica.lockWhere(tx, [row], (now) => now.leaseUntilMs <= tx.nowMs);
      if (locked === undefined) return undefined;
      yield* replica.update(tx, { ...locked, epoch: locked.epoch + 1 });
      return locked.epoch + 1;
    });
  }

  findCall(id: string): Promise<Call | undefined> {
    return this.#run(readOnly((tx) => this.#tables.call.get(tx, id)));
  }

  cameBack(who: { agentId: string; person: string }, since: Temporal.Instant): Promise<boolean> {
    return this.#run(readOnly((tx) => this.#cameBack(tx, who, since)));
  }

  async upsertCall(values: Call): Promise<void> {
    const { call } = this.#tables;
    await this.#run(function* (tx) {
      for (;;) {
        const row = call.get(tx, values.id);
        if (row === undefined) {
          const inserted = yield* call.insertUnlessThere(tx, { ...values, callerSpoke: false });
          if (inserted !== undefined) return;
          // Only the id may collide here; another key is a failure.
          if (call.get(tx, values.id) === undefined)
            throw new ServerError('23505', 'duplicate key', 'call_carrier_call');
          continue;
        }
        const [locked] = yield* call.lockWhere(tx, [row], () => true);
        if (locked === undefined) continue;
        yield* call.update(tx, {
          ...locked,
          status: values.endedAt === null && locked.endedAt !== null ? locked.status : values.status,
          carrierCallId: locked.carrierCallId ?? values.carrierCallId,
          answeredAt: locked.answeredAt ?? values.answeredAt,
          endedAt: locked.endedAt ?? values.endedAt,
          endReason: locked.endReason ?? values.endReason,
        });
        return;
      }
    });
  }

  recall(key: string): Promise<{ bodyHash: string; result: unknown } | undefined> {
    const { key: keys } = this.#tables;
    const server = this.#server;
    return this.#run(function* (tx) {
      yield* server.lock(tx, `advisory:${key}`);
      const row = keys.get(tx, key);
      return row !== undefined && row.expiresAtMs > tx.nowMs ? row : undefined;
    });
  }

  async remember(key: string, bodyHash: string, result: unknown): Promise<void> {
    const expiresAtMs = this.now.epochMilliseconds + IDEMPOTENCY_MS;
    this.#later((tx) => this.#tables.key.update(tx, { key, bodyHash, result, expiresAtMs }));
  }

  async addDoNotCall(entry: { id: string; number: string; reason: string }): Promise<void> {
    await this.#run((tx) => this.#tables.doNotCall.insertUnlessThere(tx, { number: entry.number }));
  }

  async audit(): Promise<void> {
    this.#later(readOnly(() => undefined));
  }

  changed(): void {
    // Nobody looks at a console here.
  }

  #later(statement: Statement<unknown>): void {
    const sent = this.#run(statement);
    // It is looked at with the commit.
    sent.catch(() => undefined);
    this.#trailing.push(sent);
  }

  async #lockOpen(holds: (row: Callback) => boolean): Promise<Callback[]> {
    const { callback } = this.#tables;
    const isMeant = (row: Callback): boolean => isOpenPromise(row) && holds(row);
    return this.#run(function* (tx) {
      const rows = callback.select(tx, isMeant).toSorted((a, b) => (a.id < b.id ? -1 : 1));
      return yield* callback.lockWhere(tx, rows, isMeant);
    });
  }

  #attemptsOf(holds: (row: CallbackAttempt) => boolean): Promise<CallbackAttempt[]> {
    return this.#run(readOnly((tx) => this.#tables.attempt.select(tx, holds).toSorted((a, b) => a.number - b.number)));
  }

  #numbersOf(tx: Transaction, agentId: string): NumberRow[] {
    const { agent, number } = this.#tables;
    const isDefault = agent.get(tx, agentId)?.isDefault === true;
    return number
      .select(tx, (row) => row.agentId === agentId || row.builtIn || (row.agentId === null && isDefault))
      .toSorted((a, b) => (a.number < b.number ? -1 : 1));
  }

  #facts(tx: Transaction, callback: Callback, query: DialSceneQuery): DialFacts {
    const { agent, attempt, call, doNotCall } = this.#tables;
    const { to } = callback;
    const last = attempt
      .select(tx, (row) => row.callbackId === callback.id)
      .toSorted((a, b) => a.number - b.number)
      .at(-1);
    const who = { agentId: callback.agentId, person: to };
    const origin = callback.originCallId === null ? undefined : call.get(tx, callback.originCallId);
    const dials = attempt
      .select(
        tx,
        (row) =>
          row.to === to && Temporal.Instant.compare(row.startedAt, query.dialsSince) > 0 && !noDial.has(row.outcome),
      )
      .map((row) => row.startedAt)
      .toSorted((a, b) => Temporal.Instant.compare(a, b));
    return {
      callback,
      agent: agent.get(tx, callback.agentId),
      numbers: this.#numbersOf(tx, callback.agentId),
      dialled: origin?.direction === 'inbound' ? origin.to : null,
      onDoNotCall: doNotCall.get(tx, to) !== undefined,
      recentDials: dials.slice(0, MOST_RECENT_DIALS),
      attemptInFlight: attempt.select(tx, (row) => row.to === to && row.status !== 'ended').length > 0,
      personOnCall: this.#personOnCall(tx, to, query.callsSince),
      attemptsSoFar: last?.number ?? 0,
      callerReturned: callback.status === 'no_answer' && last !== undefined && this.#cameBack(tx, who, last.startedAt),
    };
  }

  #cameBack(tx: Transaction, who: { agentId: string; person: string }, since: Temporal.Instant): boolean {
    const calls = this.#tables.call.select(
      tx,
      (row) =>
        row.direction === 'inbound' &&
        row.from === who.person &&
        row.agentId === who.agentId &&
        row.callerSpoke &&
        row.endedAt !== null &&
        Temporal.Instant.compare(row.endedAt, since) >= 0,
    );
    return calls.length > 0;
  }

  #personOnCall(tx: Transaction, person: string, since: Temporal.Instant): 'live' | Temporal.Instant | null {
    const begun = since.subtract({ milliseconds: LONGEST_CALL_MS });
    const rows = this.#tables.call.select(tx, (row) => {
      const lives = row.endedAt === null && row.status === 'in_progress';
      const isOver =
        row.endedAt !== null &&
        Temporal.Instant.compare(row.endedAt, since) > 0 &&
        Temporal.Instant.compare(row.startedAt, begun) > 0;
      if (row.direction === 'inbound') return row.from === person && (lives || isOver);
      return row.to === person && (lives || (isOver && row.answeredAt !== null));
    });
    if (rows.some((row) => row.endedAt === null)) return 'live';
    const ends = rows.flatMap((row) => (row.endedAt === null ? [] : [row.endedAt]));
    return ends.toSorted((a, b) => Temporal.Instant.compare(b, a))[0] ?? null;
  }

  /** The timer of `id` is always the one of the time that its row names. */
  readonly #moveTimer = function* (
    this: SimCallbackTransaction,
    tx: Transaction,
    kind: TimerRow['kind'],
    id: string,
    from: Temporal.Instant | null,
    to: Temporal.Instant | null,
  ): Generator<Wait, void, void> {
    if (from !== null && to !== null && from.equals(to)) return;
    const { timer } = this.#tables;
    if (from !== null) yield* timer.delete(tx, timerId({ fireAt: from, id }));
    if (to === null) return;
    yield* timer.insert(tx, { fireAt: to, id, kind });
    this.timersSet.push({ fireAt: to, id, kind, nowMs: this.now.epochMilliseconds });
  }.bind(this);
}

function byNextAttempt(a: Callback, b: Callback): number {
  const [one, other] = [a.nextAttemptAt, b.nextAttemptAt];
  // NULLS LAST, as Postgres sorts.
  if (one === null || other === null) return Number(one === null) - Number(other === null) || compareIds(a, b);
  return Temporal.Instant.compare(one, other) || compareIds(a, b);
}

function compareIds(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}
