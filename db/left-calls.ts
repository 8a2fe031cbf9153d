import { and, eq, gt, inArray, isNotNull, isNull, lt, not, or, sql, type SQL } from 'drizzle-orm';
import { unknownResult } from '../src/domain/torn-call.ts';
import type { Database } from './database.ts';
import { call, replica, turn } from './schema.ts';
import type { Transaction } from './orm.ts';
import { transactTelling, type Change } from './telling.ts';

/** Which calls count as left by whoever held them, in milliseconds. */
export interface LeftTimes {
  /** The lease of the replica that held it ran out so long ago. */
  readonly leaselessMs: number;
  /** It ended at most so long ago. */
  readonly withinMs: number;
}

/** A call that was left, and whether whoever ended it has told of its end. */
export interface LeftCall {
  readonly id: string;
  readonly isTold: boolean;
}

/** Calls at once; the others come with the next look. */
const BATCH = 100;

/** Whether the replica that holds a call is alive, or was until `leaselessMs` ago. */
export function isHeld(leaselessMs: number): SQL {
  return sql`exists (select 1 from ${replica} where ${replica.id} = ${call.replicaId}
    and ${replica.leaseUntil} > now() - ${leaselessMs} * interval '1 millisecond')`;
}

/**
 * Closes what calls left open that the carrier ended while their replica died: turns, and recordings. Returns up to 100
 * of them.
 */
export async function closeLeft(
  database: Database,
  onLostHint: (error: unknown) => void,
  { leaselessMs, withinMs }: LeftTimes,
): Promise<LeftCall[]> {
  const openTurn = sql`exists (select 1 from ${turn} where ${turn.callId} = ${call.id} and ${turn.endedAt} is null)`;
  const ago = (ms: number): SQL => sql`now() - ${ms} * interval '1 millisecond'`;
  const left = database.orm
    .select({ id: call.id })
    .from(call)
    .where(
      and(
        isNotNull(call.endedAt),
        // An index has those that are not erased yet, by their end.
        isNull(call.purgedAt),
        gt(call.endedAt, ago(withinMs)),
        lt(call.endedAt, ago(leaselessMs)),
        not(isHeld(leaselessMs)),
        or(eq(call.recording, 'running'), openTurn),
      ),
    )
    .limit(BATCH)
    // What another replica is closing at this moment is its.
    .for('update', { of: call, skipLocked: true });
  return transactTelling(database, onLostHint, async (orm, tell) => {
    const closed = await orm
      .update(call)
      .set({
        recording: sql`case when ${call.recording} = 'running' then 'incomplete' else ${call.recording} end`,
        updatedAt: sql`now()`,
      })
      .where(inArray(call.id, left))
      .returning({ id: call.id, replicaId: call.replicaId });
    await closeLeftTurns(
      orm,
      tell,
      closed.map(({ id }) => id),
    );
    for (const { id } of closed) tell({ type: 'call.changed', subjectId: id });
    // Without a holder its end was told by whoever learned of it.
    return closed.map(({ id, replicaId }) => ({ id, isTold: replicaId === null }));
  });
}

/**
 * Closes what these calls, which are over, left open: what the agent said counts as interrupted after what was known to
 * be heard, and of a tool it is not known what came of it. A session that lives after all may still finish its turns.
 */
export async function closeLeftTurns(
  orm: Transaction,
  tell: (change: Change) => void,
  callIds: readonly string[],
): Promise<void> {
  if (callIds.length === 0) return;
  const closed = await orm
    .update(turn)
    .set({
      heardText: sql`case when ${turn.role} = 'agent' then coalesce(${turn.heardText}, '') end`,
      interrupted: sql`${turn.role} = 'agent'`,
      toolResult: sql`case when ${turn.role} = 'tool' then ${JSON.stringify(unknownResult)}::jsonb end`,
      endedAt: sql`clock_timestamp()`,
    })
    .where(and(inArray(turn.callId, [...callIds]), isNull(turn.endedAt)))
    .returning({ callId: turn.callId, index: turn.index });
  for (const { callId, index } of closed) tell({ type: 'call.turn', subjectId: callId, turnIndex: index });
}
