import { and, asc, desc, eq, gt, ilike, inArray, isNotNull, isNull, lt, ne, not, or, sql, type SQL } from 'drizzle-orm';
import type { Call, CallEndReason, CallStatus, Turn } from '../src/domain/call.ts';
import type { Database } from './database.ts';
import { closeLeft, closeLeftTurns, isHeld, type LeftCall, type LeftTimes } from './left-calls.ts';
import { agent, call, conversation, turn } from './schema.ts';
import { EVENT_CHANNEL, transactTelling } from './telling.ts';
import { storeTurn } from './turn-store.ts';

export interface CallFilter {
  readonly statuses?: readonly CallStatus[] | undefined;
  readonly agentId?: string | undefined;
  readonly conversationId?: string | undefined;
  readonly callbackId?: string | undefined;
  readonly startedFrom?: Temporal.Instant | undefined;
  readonly startedUntil?: Temporal.Instant | undefined;
  /** Over numbers, summary and agent. */
  readonly search?: string | undefined;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  /** The last row of the page before. */
  readonly after?: { readonly startedAt: Temporal.Instant; readonly id: string } | undefined;
}

/** A call that somebody makes to us, before it is known which conversation it belongs to. */
export interface InboundCall {
  readonly id: string;
  readonly carrier: string;
  readonly carrierCallId: string;
  readonly agentId: string;
  readonly from: string | null;
  readonly to: string;
  readonly attestation: Call['attestation'];
  readonly timeZone: string | null;
  /** The conversation that it goes on with, or a new one's id. */
  readonly conversation: { readonly id: string; readonly isNew: boolean };
}

/** The records of calls and of what was said in them. */
export interface CallRecords {
  /** The database's time. */
  now(): Promise<Temporal.Instant>;
  find(id: string): Promise<Call | undefined>;
  findByCarrier(carrier: string, carrierCallId: string): Promise<Call | undefined>;
  list(filter: CallFilter): Promise<Call[]>;
  turns(callId: string): Promise<Turn[]>;
  findTurn(callId: string, index: number): Promise<Turn | undefined>;
  /** The calls of a conversation that began before this one and in which something was said, newest first. */
  earlierCalls(
    conversationId: string,
    before: { id: string; startedAt: Temporal.Instant },
    limit: number,
  ): Promise<Call[]>;

  /** Inserts the call; a webhook that comes twice finds the first one's. */
  openInbound(values: InboundCall): Promise<Call>;
  /** Takes a call's stream for a replica; undefined where it is ended or somebody has it. */
  claimStream(id: string, replicaId: string): Promise<Call | undefined>;
  /** Lets the next stream of a live call come, at most `mostResumes` times; false where it may not. */
  releaseStream(id: string, mostResumes: number): Promise<boolean>;
  /**
   * Lets go of a call whose stream broke, so that whoever gets its next stream may have it. `resumes`: how often it had
   * been opened again by then; once it was opened again nothing changes.
   */
  letGo(id: string, held: { replicaId: string; resumes: number }): Promise<void>;
  /**
   * Inserts or replaces a turn. `resumes`: how often the call's stream had been opened again when whoever tells this got
   * it; without it they have it now. Once a later stream has been claimed they may only finish turns that they began:
   * others of that index are not theirs.
   */
  saveTurn(callId: string, values: Turn, resumes?: number): Promise<void>;
  /**
   * Ends what the agent was saying when the process that spoke it died: it counts as interrupted after what was known to
   * be heard.
   */
  closeTurns(callId: string): Promise<void>;
  recordingStarted(id: string, file: string, replicaId: string): Promise<void>;
  recordingFinished(id: string, whole: boolean): Promise<void>;
  /** Ends the call; the first reason and time stay. */
  end(id: string, end: { status: CallStatus; reason: CallEndReason | null }): Promise<void>;
  saveSummary(id: string, summary: string): Promise<void>;
  /**
   * Ends up to 100 live calls that nobody holds: without a stream for `streamlessMs`, or held by a replica whose lease
   * ran out `leaselessMs` ago (or that is gone); their turns with them. Returns their ids.
   */
  endAbandoned(times: { streamlessMs: number; leaselessMs: number }): Promise<string[]>;
  /** Closes turns and recordings of up to 100 calls that the carrier ended while their replica died. */
  closeLeft(times: LeftTimes): Promise<LeftCall[]>;
}

/** The records in Postgres; each change is told to the consoles. */
export function openCallRecords(options: { database: Database; onLostHint: (error: unknown) => void }): CallRecords {
  return new PostgresCallRecords(options.database, options.onLostHint);
}

class PostgresCallRecords implements CallRecords {
  readonly #database: Database;
  readonly #onLostHint: (error: unknown) => void;

  constructor(database: Database, onLostHint: (error: unknown) => void) {
    this.#database = database;
    this.#onLostHint = onLostHint;
  }

  async now(): Promise<Temporal.Instant> {
    const [row] = await this.#database.orm.execute<{ now: string }>(sql`select clock_timestamp() as now`);
    return Temporal.Instant.from(String(row?.now).replace(' ', 'T')).round('millisecond');
  }

  async find(id: string): Promise<Call | undefined> {
    const [row] = await this.#database.orm.select().from(call).where(eq(call.id, id));
    return row;
  }

  async findByCarrier(carrier: string, carrierCallId: string): Promise<Call | undefined> {
    const [row] = await this.#database.orm
      .select()
      .from(call)
      .where(and(eq(call.carrier, carrier), eq(call.carrierCallId, carrierCallId)));
    return row;
  }

  list(filter: CallFilter): Promise<Call[]> {
    const by = filter.order === 'asc' ? asc : desc;
    return this.#database.orm
      .select()
      .from(call)
      .where(and(...conditions(filter)))
      .orderBy(by(call.startedAt), by(call.id))
      .limit(filter.limit);
  }

  turns(callId: string): Promise<Turn[]> {
    return this.#database.orm.select(turnColumns).from(turn).where(eq(turn.callId, callId)).orderBy(asc(turn.index));
  }

  async findTurn(callId: string, index: number): Promise<Turn | undefined> {
    const [row] = await this.#database.orm
      .select(turnColumns)
      .from(turn)
      .where(and(eq(turn.callId, callId), eq(turn.index, index)));
    return row;
  }

  earlierCalls(
    conversationId: string,
    before: { id: string; startedAt: Temporal.Instant },
    limit: number,
  ): Promise<Call[]> {
    return this.#database.orm
      .select()
      .from(call)
      .where(
        and(
          eq(call.conversationId, conversationId),
          ne(call.id, before.id),
          lt(call.startedAt, before.startedAt),
          // A dial that nobody answered is nothing to remember, and takes no place of what was said.
          sql`exists (select 1 from ${turn} where ${turn.callId} = ${call.id})`,
        ),
      )
      .orderBy(desc(call.startedAt))
      .limit(limit);
  }

  async openInbound(values: InboundCall): Promise<Call> {
    const { conversation: thread, ...fields } = values;
    return transactTelling(this.#database, this.#onLostHint, async (orm, tell) => {
      if (thread.isNew) {
        await orm.insert(conversation).values({ id: thread.id, agentId: values.agentId, person: values.from });
      }
      const [row] = await orm
        .insert(call)
        .values({
          ...fields,
          direction: 'inbound',
          status: 'ringing',
          conversationId: thread.id,
          startedAt: sql`clock_timestamp()`,
        })
        .onConflictDoNothing()
        .returning();
      if (row !== undefined) {
        tell({ type: 'call.changed', subjectId: row.id });
        return row;
      }
      const [first] = await orm
        .select()
        .from(call)
        .where(and(eq(call.carrier, values.carrier), eq(call.carrierCallId, values.carrierCallId)));
      if (first === undefined) throw new Error('the call was neither inserted nor there');
      return first;
    });
  }

  claimStream(id: string, replicaId: string): Promise<Call | undefined> {
    return this.#change(
      id,
      {
        replicaId,
        status: 'in_progress',
        answeredAt: sql`coalesce(${call.answeredAt}, clock_timestamp())`,
      },
      and(isNull(call.replicaId), isNull(call.endedAt)),
    );
  }

  async releaseStream(id: string, mostResumes: number): Promise<boolean> {
    const released = await this.#change(
      id,
      { replicaId: null, resumes: sql`${call.resumes} + 1` },
      and(isNull(call.endedAt), lt(call.resumes, mostResumes)),
    );
    return released !== undefined;
  }

  async letGo(id: string, held: { replicaId: string; resumes: number }): Promise<void> {
    const condition = and(eq(call.replicaId, held.replicaId), eq(call.resumes, held.resumes), isNull(call.endedAt));
    await this.#change(id, { replicaId: null }, condition);
  }

  async saveTurn(callId: string, values: Turn, resumes = Infinity): Promise<void> {
    if (await storeTurn(this.#database, callId, values, resumes))
      void this.#database.hint(EVENT_CHANNEL, 'new').catch(this.#onLostHint);
  }

  async closeTurns(callId: string): Promise<void> {
    await transactTelling(this.#database, this.#onLostHint, async (orm, tell) => {
      const closed = await orm
        .update(turn)
        .set({ heardText: sql`coalesce(${turn.heardText}, '')`, interrupted: true, endedAt: sql`clock_timestamp()` })
        .where(and(eq(turn.callId, callId), eq(turn.role, 'agent'), isNull(turn.endedAt)))
        .returning({ index: turn.index });
      for (const { index } of closed) tell({ type: 'call.turn', subjectId: callId, turnIndex: index });
    });
  }

  async recordingStarted(id: string, file: string, replicaId: string): Promise<void> {
    await this.#change(id, { recording: 'running', recordingFile: file, recordingReplicaId: replicaId });
  }

  async recordingFinished(id: string, whole: boolean): Promise<void> {
    await this.#change(id, { recording: whole ? 'complete' : 'incomplete' });
  }

  async end(id: string, end: { status: CallStatus; reason: CallEndReason | null }): Promise<void> {
    await this.#change(
      id,
      {
        status: sql`case when ${call.endedAt} is null then ${end.status} else ${call.status} end`,
        endedAt: sql`coalesce(${call.endedAt}, clock_timestamp())`,
        endReason: sql`coalesce(${call.endReason}, ${end.reason})`,
      },
      or(isNull(call.endedAt), isNull(call.endReason)),
    );
  }

  async saveSummary(id: string, summary: string): Promise<void> {
    await this.#change(id, { summary });
  }

  endAbandoned(times: { streamlessMs: number; leaselessMs: number }): Promise<string[]> {
    const streamless = sql`${call.updatedAt} < now() - ${times.streamlessMs} * interval '1 millisecond'`;
    const abandoned = this.#database.orm
      .select({ id: call.id })
      .from(call)
      .where(
        and(
          isNull(call.endedAt),
          // A dial that nobody has answered yet is the reconciler's, not ours.
          or(eq(call.direction, 'inbound'), eq(call.status, 'in_progress')),
          or(and(isNull(call.replicaId), streamless), and(isNotNull(call.replicaId), not(isHeld(times.leaselessMs)))),
        ),
      )
      .limit(100);
    return transactTelling(this.#database, this.#onLostHint, async (orm, tell) => {
      const ended = await orm
        .update(call)
        .set({
          status: sql`case when ${call.answeredAt} is null then 'failed' else 'completed' end`,
          endedAt: sql`clock_timestamp()`,
          endReason: sql`coalesce(${call.endReason}, 'error')`,
          // What was recorded until then is on the disk, and whole up to there.
          recording: sql`case when ${call.recording} = 'running' then 'incomplete' else ${call.recording} end`,
          updatedAt: sql`now()`,
        })
        .where(and(inArray(call.id, abandoned), isNull(call.endedAt)))
        .returning({ id: call.id });
      const ids = ended.map(({ id }) => id);
      await closeLeftTurns(orm, tell, ids);
      for (const id of ids) tell({ type: 'call.changed', subjectId: id });
      return ids;
    });
  }

  closeLeft(times: LeftTimes): Promise<LeftCall[]> {
    return closeLeft(this.#database, this.#onLostHint, times);
  }

  /** One conditional update, told where it took effect. */
  #change(id: string, set: CallPatch, condition?: SQL): Promise<Call | undefined> {
    return transactTelling(this.#database, this.#onLostHint, async (orm, tell) => {
      const [row] = await orm
        .update(call)
        .set({ ...set, updatedAt: sql`now()` })
        .where(and(eq(call.id, id), condition))
        .returning();
      if (row !== undefined) tell({ type: 'call.changed', subjectId: id });
      return row;
    });
  }
}

type CallPatch = { [Key in keyof typeof call.$inferInsert]?: (typeof call.$inferInsert)[Key] | SQL };

const turnColumns = {
  index: turn.index,
  role: turn.role,
  text: turn.text,
  heardText: turn.heardText,
  interrupted: turn.interrupted,
  startedAt: turn.startedAt,
  endedAt: turn.endedAt,
  toolName: turn.toolName,
  toolArguments: turn.toolArguments,
  toolResult: turn.toolResult,
  latency: turn.latency,
};

function conditions(filter: CallFilter): (SQL | undefined)[] {
  const { after } = filter;
  const beyond = filter.order === 'asc' ? sql`>` : sql`<`;
  const word =
    filter.search === undefined ? undefined : `%${filter.search.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
  return [
    filter.statuses === undefined ? undefined : inArray(call.status, [...filter.statuses]),
    filter.agentId === undefined ? undefined : eq(call.agentId, filter.agentId),
    filter.conversationId === undefined ? undefined : eq(call.conversationId, filter.conversationId),
    filter.callbackId === undefined ? undefined : eq(call.callbackId, filter.callbackId),
    filter.startedFrom === undefined
      ? undefined
      : or(eq(call.startedAt, filter.startedFrom), gt(call.startedAt, filter.startedFrom)),
    filter.startedUntil === undefined ? undefined : lt(call.startedAt, filter.startedUntil),
    word === undefined
      ? undefined
      : or(
          ilike(call.from, word),
          ilike(call.to, word),
          ilike(call.summary, word),
          sql`exists (select 1 from ${agent} where ${agent.id} = ${call.agentId} and ${agent.name} ilike ${word})`,
        ),
    after === undefined
      ? undefined
      : sql`(${call.startedAt}, ${call.id}) ${beyond} (${after.startedAt.toString()}::timestamptz, ${after.id}::uuid)`,
  ];
}
