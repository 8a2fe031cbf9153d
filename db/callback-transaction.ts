import { and, asc, desc, eq, gte, inArray, isNotNull, isNull, lt, ne, or, sql } from 'drizzle-orm';
import type { AttemptOutcome, CallbackAttempt } from '../src/domain/attempt.ts';
import type { Call } from '../src/domain/call.ts';
import type { Callback } from '../src/domain/callback.ts';
import { readBookingScenes, writeAudit, writeBookings, type SceneQuestion, type StoredScene } from './bookings.ts';
import type {
  AuditEntry,
  BegunDial,
  BookingScene,
  CallbackTransaction,
  DialScene,
  DialSceneQuery,
  NewBooking,
  TimerRow,
} from './callback-store.ts';
import type { Later } from './database.ts';
import { beginDials } from './dial-claims.ts';
import { readDialScene } from './dial-scene.ts';
import { Gathered } from './gathered.ts';
import { nowOf, runText, type Transaction } from './orm.ts';
import { takeSlot } from './pacer-store.ts';
import { recallAll, rememberAll, type Remembered } from './repeats.ts';
import { changeAttempt, lockAttempt, upsertCall } from './settlements.ts';
import { agent, attempt, call, callback, carrierPause, doNotCall, phoneNumber, replica, turn } from './schema.ts';
import type { Change } from './telling.ts';

/** A timer that was set, and the database's time at which it was. */
export type NearTimer = TimerRow & { readonly now: Temporal.Instant };

/** What a transaction wants told after its commit. */
export interface Announcements {
  tell(change: Change): void;
  timer(set: NearTimer): void;
  /** See `Database.transaction`. */
  readonly later: Later;
}

/** A transaction that is under way. */
export interface OpenCallbackTransaction extends CallbackTransaction {
  /** Sends what was kept for the commit: once nothing more is asked, and before the commit. */
  flush(): void;
}

/** The transaction's hands on the tables. */
export function openCallbackTransaction(orm: Transaction, said: Announcements): OpenCallbackTransaction {
  return new PostgresCallbackTransaction(orm, said);
}

class PostgresCallbackTransaction implements OpenCallbackTransaction {
  readonly now: Temporal.Instant;
  readonly #bare: Transaction;
  readonly #said: Announcements;
  readonly #scenes: Gathered<SceneQuestion, StoredScene>;
  readonly #recalled: Gathered<string, Remembered | undefined>;
  /** Written together, see `flush`. */
  #bookings: NewBooking[] = [];
  #answers: (Remembered & { readonly key: string })[] = [];

  constructor(orm: Transaction, said: Announcements) {
    this.#bare = orm;
    this.now = nowOf(orm);
    this.#said = said;
    this.#scenes = new Gathered((asked) => readBookingScenes(this.#orm, asked));
    this.#recalled = new Gathered((keys) => recallAll(this.#orm, keys));
  }

  /** For what reads: it sees everything that was written before it. */
  get #orm(): Transaction {
    this.flush();
    return this.#bare;
  }

  flush(): void {
    const { later } = this.#said;
    const bookings = this.#bookings.splice(0);
    if (bookings.length > 0) later(writeBookings(this.#bare, bookings, this.now));
    const answers = this.#answers.splice(0);
    if (answers.length > 0) later(rememberAll(this.#bare, answers, this.now));
  }

  async lockCallback(id: string, options: { skipLocked?: boolean } = {}): Promise<Callback | undefined> {
    const [row] = await this.#orm
      .select()
      .from(callback)
      .where(eq(callback.id, id))
      .for('update', options.skipLocked === true ? { skipLocked: true } : {});
    return row;
  }

  async findCallback(id: string): Promise<Callback | undefined> {
    const [row] = await this.#orm.select().from(callback).where(eq(callback.id, id));
    return row;
  }

  async lockOpenCallback(agentId: string, to: string): Promise<Callback | undefined> {
    const [row] = await this.#orm
      .select()
      .from(callback)
      .where(and(eq(callback.agentId, agentId), eq(callback.to, to), open()))
      .for('update');
    return row;
  }

  lockOpenCallbacksTo(to: string): Promise<Callback[]> {
    return this.#orm
      .select()
      .from(callback)
      .where(and(eq(callback.to, to), open()))
      .orderBy(asc(callback.id))
      .for('update');
  }

  async isDialing(agentId: string, to: string): Promise<boolean> {
    const rows = await this.#orm
      .select({ id: callback.id })
      .from(callback)
      .where(and(eq(callback.agentId, agentId), eq(callback.to, to), eq(callback.status, 'dialing')))
      .limit(1);
    return rows.length > 0;
  }

  async bookingScene({ agentId, to }: SceneQuestion): Promise<BookingScene> {
    const { open, ...scene } = await this.#scenes.ask({ agentId, to });
    return { ...scene, open: open ? await this.lockOpenCallback(agentId, to) : undefined };
  }

  insertBooking(booking: NewBooking): Callback {
    const { callback: promise } = booking;
    const { id, nextAttemptAt: fireAt } = promise;
    this.#bookings.push(booking);
    if (fireAt !== null) this.#said.timer({ fireAt, id, kind: 'dial', now: this.now });
    return { slot: null, purgedAt: null, ...promise, createdAt: this.now, updatedAt: this.now };
  }

  async updateCallback(old: Callback, patch: Partial<Callback>): Promise<Callback> {
    const [row] = await this.#orm
      .update(callback)
      .set({ ...patch, updatedAt: this.now })
      .where(and(eq(callback.id, old.id), eq(callback.status, old.status)))
      .returning();
    if (row === undefined) throw new Error('the callback changed under its lock');
    this.#moveTimer('dial', row.id, old.nextAttemptAt, row.nextAttemptAt);
    return row;
  }

  lockAttempt(id: string): Promise<{ callback: Callback; attempt: CallbackAttempt } | undefined> {
    return lockAttempt(this.#orm, id);
  }

  async insertAttempt(values: CallbackAttempt): Promise<CallbackAttempt | undefined> {
    const [row] = await this.#orm.insert(attempt).values(values).onConflictDoNothing().returning();
    if (row !== undefined) this.#moveTimer('check', row.id, null, row.checkAt);
    return row;
  }

  async updateAttempt(old: CallbackAttempt, patch: Partial<CallbackAttempt>): Promise<CallbackAttempt> {
    const row = await changeAttempt(this.#orm, old, patch);
    if (row === undefined) throw new Error('the attempt changed under its lock');
    this.#moveTimer('check', row.id, old.checkAt, row.checkAt);
    return row;
  }

  dialScene(query: DialSceneQuery): Promise<DialScene> {
    return readDialScene(this.#orm, query);
  }

  beginDials(begun: readonly BegunDial[]): Promise<string[]> {
    return beginDials(this.#orm, begun, this.now);
  }

  takeSlot(
    carrier: string,
    options: { everyMs: number; notBefore: Temporal.Instant },
  ): Promise<{ slot: Temporal.Instant; inMs: number }> {
    return takeSlot(this.#orm, carrier, options);
  }

  async lastAttempt(callbackId: string): Promise<CallbackAttempt | undefined> {
    const [row] = await this.#orm
      .select()
      .from(attempt)
      .where(eq(attempt.callbackId, callbackId))
      .orderBy(desc(attempt.number))
      .limit(1);
    return row;
  }

  async countedOutcomes(callbackId: string, beside: { attemptId: string; limit: number }): Promise<AttemptOutcome[]> {
    const rows = await this.#orm
      .select({ outcome: attempt.outcome })
      .from(attempt)
      .where(and(eq(attempt.callbackId, callbackId), attempt.counted, ne(attempt.id, beside.attemptId)))
      .orderBy(desc(attempt.number))
      .limit(beside.limit);
    return rows.flatMap(({ outcome }) => (outcome === null ? [] : [outcome])).toReversed();
  }

  async anyPlaced(callbackId: string): Promise<boolean> {
    const rows = await this.#orm
      .select({ id: attempt.id })
      .from(attempt)
      .where(
        and(
          eq(attempt.callbackId, callbackId),
          or(
            isNotNull(attempt.carrierCallId),
            isNotNull(attempt.answeredAt),
            // Ends that only a call has which the carrier placed.
            inArray(attempt.outcome, ['completed', 'no_answer', 'busy', 'rejected', 'machine']),
          ),
        ),
      )
      .limit(1);
    return rows.length > 0;
  }

  sendingOf(ownerId: string, belowEpoch: number, limit: number): Promise<CallbackAttempt[]> {
    return this.#orm
      .select()
      .from(attempt)
      .where(and(eq(attempt.ownerId, ownerId), eq(attempt.status, 'sending'), lt(attempt.ownerEpoch, belowEpoch)))
      .orderBy(asc(attempt.id))
      .limit(limit);
  }

  async agent(id: string) {
    const [row] = await this.#orm.select().from(agent).where(eq(agent.id, id));
    return row;
  }

  numbersOf(agentId: string) {
    return this.#orm
      .select({
        number: phoneNumber.number,
        carrier: phoneNumber.carrier,
        outboundEnabled: phoneNumber.outboundEnabled,
      })
      .from(phoneNumber)
      .where(or(eq(phoneNumber.agentId, agentId), eq(phoneNumber.builtIn, true), ofDefaultAgent(agentId)))
      .orderBy(asc(phoneNumber.number));
  }

  async pauseCarrier(carrier: string, reason: string): Promise<void> {
    await this.#orm.insert(carrierPause).values({ carrier, reason, since: this.now }).onConflictDoNothing();
  }

  async raiseEpoch(replicaId: string): Promise<number | undefined> {
    const [row] = await this.#orm
      .update(replica)
      .set({ epoch: sql`${replica.epoch} + 1` })
      .where(and(eq(replica.id, replicaId), sql`${replica.leaseUntil} <= now()`))
      .returning({ epoch: replica.epoch });
    return row?.epoch;
  }

  async findCall(id: string) {
    const [row] = await this.#orm.select().from(call).where(eq(call.id, id));
    return row;
  }

  async cameBack(who: { agentId: string; person: string }, since: Temporal.Instant): Promise<boolean> {
    const rows = await this.#orm
      .select({ id: call.id })
      .from(call)
      .where(
        and(
          eq(call.direction, 'inbound'),
          eq(call.from, who.person),
          eq(call.agentId, who.agentId),
          gte(call.endedAt, since),
          sql`exists (select 1 from ${turn} where ${turn.callId} = ${call.id} and ${turn.role} = 'caller')`,
        ),
      )
      .limit(1);
    return rows.length > 0;
  }

  async upsertCall(values: Call): Promise<void> {
    this.#said.later(upsertCall(this.#bare, values, this.now));
  }

  /** Two deliveries at once: the second waits here until the first has committed, and then finds its result. */
  recall(key: string): Promise<Remembered | undefined> {
    return this.#recalled.ask(key);
  }

  async remember(key: string, bodyHash: string, result: unknown): Promise<void> {
    this.#answers.push({ key, bodyHash, result });
  }

  async addDoNotCall(entry: { id: string; number: string; reason: string }): Promise<void> {
    await this.#orm
      .insert(doNotCall)
      .values({ ...entry, createdAt: this.now })
      .onConflictDoNothing();
  }

  async audit(entry: AuditEntry): Promise<void> {
    this.#said.later(writeAudit(this.#bare, entry, this.now));
  }

  changed(type: 'callback.changed' | 'call.changed', subjectId: string): void {
    this.#said.tell({ type, subjectId });
  }

  /** The timer row of `id` is always the one of the time that its row names. */
  #moveTimer(kind: TimerRow['kind'], id: string, from: Temporal.Instant | null, to: Temporal.Instant | null): void {
    if (from !== null && to !== null && from.equals(to)) return;
    const { later } = this.#said;
    if (from !== null) later(runText(this.#bare, DELETE_TIMER, [from.toString(), id]));
    if (to === null) return;
    later(runText(this.#bare, INSERT_TIMER, [to.toString(), id, kind]));
    this.#said.timer({ fireAt: to, id, kind, now: this.now });
  }
}

const DELETE_TIMER = 'delete from timer where fire_at = $1 and id = $2';
const INSERT_TIMER = 'insert into timer (fire_at, id, kind) values ($1, $2, $3)';

/** A number that names no agent is the default agent's: one that registered itself, for instance. */
function ofDefaultAgent(agentId: string) {
  return and(
    isNull(phoneNumber.agentId),
    sql`exists (select 1 from ${agent} where ${agent.id} = ${agentId}::uuid and ${agent.isDefault})`,
  );
}

function open() {
  return and(or(eq(callback.status, 'scheduled'), eq(callback.status, 'no_answer')), isNotNull(callback.nextAttemptAt));
}
